import { parse, stringify } from 'lossless-json';
import { Crm, CrmAuthenticationError, CrmConnectionError, CrmInvalidRequestError } from '../client/src/index.js';
import { startService, type Service } from './support/service.js';

const DEAL = {
  opportunity_from: 'Lead',
  party_name: 'Acme Industries',
  company: 'Example Corp',
  transaction_date: '2024-01-15',
} as const;

let service: Service;
let crm: Crm;

beforeAll(async () => {
  service = await startService();
  crm = new Crm({ url: service.origin, key: service.api.key ?? '' });
});

afterAll(() => service.stop());

const administrator = async (): Promise<Crm> =>
  new Crm({ url: service.origin, key: (await service.clientWith({ scopes: ['admin'] })).key ?? '' });

describe('the calls', () => {
  it('write and read a deal with its children', async () => {
    const deal = await crm.opportunities.create({ ...DEAL, title: 'Chairs', items: [{ qty: 2, rate: 10.5 }] });
    const item = await crm.items.create({ opportunity_id: deal.id, rate: 3 });
    const ids = (await crm.items.list({ parent_id: deal.id })).data.map(({ id }) => id);
    await crm.items.reorder({ parent_id: deal.id, ids: ids.reverse() });
    expect((await crm.items.list({ parent_id: deal.id })).data[0]?.id).toBe(item.id);
    await crm.items.update(item.id, { qty: 4 });
    const read = await crm.opportunities.retrieve(deal.id, { expand: 'items' });
    expect(read).toMatchObject({ title: 'Chairs', total: 33 });
    expect(await crm.opportunities.lose(deal.id, { lost_reasons: [{ lost_reason: 'Price' }] })).toMatchObject({
      status: 'Lost',
    });
    const kinds = await crm.opportunities.history(deal.id).toArray({ limit: 100 });
    expect(kinds.map(({ type }) => type)).toContain('opportunity_item.created');
    expect(await crm.opportunities.delete(deal.id)).toEqual({ id: deal.id, deleted: true });
  });

  it('give every object of a list once, by cursor, while others are created', async () => {
    const made = await Promise.all(
      Array.from({ length: 25 }, (_entry, index) => crm.opportunities.create({ ...DEAL, title: `paged ${index}` })),
    );
    const seen: string[] = [];
    for await (const { id, title } of crm.opportunities.list({ 'title[contains]': 'paged', limit: 10 })) {
      if (seen.length % 10 === 5) await crm.opportunities.create({ ...DEAL, title: 'paged beside' });
      if (title !== 'paged beside') seen.push(id);
    }
    expect([...seen].sort()).toEqual(made.map(({ id }) => id).sort());
    const nameless = crm.opportunities.list({ fields: 'title', limit: 1 })[Symbol.asyncIterator]();
    await nameless.next();
    await expect(nameless.next()).rejects.toThrow('add id to fields');
  });

  it('write only what is still as it was read', async () => {
    const deal = await crm.opportunities.create(DEAL);
    const changed = await crm.opportunities.update(deal.id, { probability: 40 }, { ifMatch: deal });
    await expect(crm.opportunities.update(deal.id, { probability: 50 }, { ifMatch: deal })).rejects.toMatchObject({
      status: 412,
      code: 'precondition_failed',
    });
    expect(await crm.opportunities.update(deal.id, { probability: 50 }, { ifMatch: changed })).toMatchObject({
      probability: 50,
    });
    await expect(crm.opportunities.update(deal.id, {}, { ifMatch: { ...deal } })).rejects.toThrow(
      'ifMatch needs an object',
    );
  });

  it('move deals through a pipeline, and group them', async () => {
    const { id } = await crm.pipelines.create({ template: 'erpnext', name: 'New business' });
    const stages = await crm.stages.list({ parent_id: id }).toArray({ limit: 100 });
    const deal = await crm.opportunities.create(DEAL, { fields: 'id,stage_id' });
    const moved = await crm.opportunities.move(deal.id, { stage: 'Qualification' });
    expect(moved).toMatchObject({ sales_stage: 'Qualification', probability: 20 });
    expect((await crm.opportunities.stages(deal.id)).data).toHaveLength(2);
    const groups = await crm.opportunities.aggregate({
      group_by: 'sales_stage',
      filter: `stage_id:${stages[1]?.id ?? ''}`,
    });
    expect(groups.data).toMatchObject([{ keys: { sales_stage: 'Qualification' }, count: 1 }]);
    await crm.stages.delete(stages[1]?.id ?? '', { moveTo: stages[0]?.id ?? '' });
    expect(await crm.opportunities.retrieve(deal.id)).toMatchObject({ sales_stage: 'Prospecting' });
  });

  it('write by external_id, and export the deals of a filter', async () => {
    const deal = await crm.opportunities.put('client/1 ü', { ...DEAL, title: 'Exported' });
    const again = await crm.opportunities.put('client/1 ü', { ...DEAL, title: 'Exported again' });
    expect(again).toMatchObject({ id: deal.id, title: 'Exported again' });
    const file = await crm.opportunities.export({ format: 'ndjson', filter: 'title[contains]:exported' });
    expect([file.headers.get('content-type'), JSON.parse(await file.text())]).toEqual([
      expect.stringContaining('ndjson'),
      expect.objectContaining({ external_id: 'client/1 ü', title: 'Exported again' }),
    ]);
    await expect(crm.opportunities.export({ format: 'pdf' as 'csv' })).rejects.toMatchObject({ param: 'format' });
  });

  it('import a file, and read what became of its rows', async () => {
    const { id } = await crm.imports.create({ format: 'csv', mode: 'create' });
    const rows =
      'title,opportunity_from,party_name,company,transaction_date\nImported,Lead,Acme,Us,2024-01-15\nWrong,,,,\n';
    await crm.imports.upload(id, new Blob([rows], { type: 'text/csv' }));
    const became = (status: string): Promise<void> =>
      vi.waitFor(
        async () => {
          expect((await crm.imports.retrieve(id)).status).toBe(status);
        },
        { timeout: 30_000 },
      );
    await became('checked');
    await crm.imports.run(id);
    await became('succeeded_with_errors');
    const results = (await (await crm.imports.results(id)).text()).trim().split('\n');
    expect(results.map((line) => (JSON.parse(line) as { outcome: string }).outcome)).toEqual(['created', 'failed']);
    expect(await (await crm.imports.errors(id, 'csv')).text()).toMatch(/^title,.*_line,.*\r\nWrong,/);
    await crm.imports.revert(id);
    expect(await crm.imports.list({ limit: 1 })).toMatchObject({ data: [{ id, format: 'csv' }], has_more: false });
  });

  it('read reports, and the histories of keys', async () => {
    const deal = await crm.opportunities.create(DEAL);
    await crm.opportunities.convert(deal.id);
    expect((await crm.reports.winRate()).data.length).toBeGreaterThan(0);
    const admin = await administrator();
    const { id } = await admin.keys.create({ name: 'made', scopes: ['read'] });
    expect((await admin.keys.rotate(id, {})).secret).toMatch(/^sk_/);
    expect(await admin.keys.revoke(id)).toEqual({ id, deleted: true });
    const types = (await admin.keys.history(id).toArray({ limit: 10 })).map(({ type }) => type);
    expect(types).toEqual(['api_key.revoked', 'api_key.rotated', 'api_key.created']);
    expect(await admin.keys.current()).toMatchObject({ scopes: ['admin'] });
  });

  it('manage webhook endpoints', async () => {
    const { webhookEndpoints: endpoints } = await administrator();
    const { id, secret } = await endpoints.create({ url: 'http://127.0.0.1:9/hook', enabled_events: ['*'] });
    expect((await endpoints.rotateSecret(id, {})).secret).not.toBe(secret);
    expect(await endpoints.ping(id)).toMatchObject({ status_code: null });
    await endpoints.replay(id, { since: new Date(Date.now() - 60_000).toISOString() });
    expect((await endpoints.deliveries(id)).data.length).toBeGreaterThan(0);
    await expect(endpoints.resend(id, 'delivery_x')).rejects.toMatchObject({ status: 404 });
    expect(await endpoints.delete(id)).toEqual({ id, deleted: true });
  });

  it('keep amounts exact with a parser of their own', async () => {
    const exact = new Crm({ url: service.origin, key: service.api.key ?? '', json: { parse, stringify } });
    const { id } = await exact.opportunities.create(
      parse(JSON.stringify(DEAL).replace('}', ',"opportunity_amount":123456789012.123456789}')) as typeof DEAL,
    );
    expect(stringify((await exact.opportunities.retrieve(id)).opportunity_amount)).toBe('123456789012.123456789');
  });
});

describe('errors', () => {
  it('are of a class, and name every parameter', async () => {
    const failure = await crm.opportunities.create({ ...DEAL, probability: 101 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CrmInvalidRequestError);
    expect(failure).toMatchObject({ status: 400, code: 'parameter_invalid', param: 'probability' });
    expect((failure as CrmInvalidRequestError).errors).toHaveLength(1);
    expect((failure as CrmInvalidRequestError).requestId).toMatch(/^req_/);
    const stranger = new Crm({ url: service.origin, key: 'sk_test_nobody' });
    await expect(stranger.opportunities.list()).rejects.toBeInstanceOf(CrmAuthenticationError);
  });

  it('say that nothing responded, and leave it to the caller to stop', async () => {
    const nobody = new Crm({ url: 'http://127.0.0.1:1', key: 'k', maxRetries: 0 });
    await expect(nobody.opportunities.list()).rejects.toBeInstanceOf(CrmConnectionError);
    const reason = new Error('enough');
    await expect(crm.opportunities.list({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

import { parse } from 'csv-parse/sync';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { DataSource } from 'typeorm';
import type { Call } from '../src/common/index.js';
import { readAlong, StalledError } from '../src/common/call/read-along.js';
import type { Json } from './support/client.js';
import { copyDeal, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ EXPORT_SORT_ROWS: '5' });
});
afterAll(() => service.stop());

const file = (query = '', api = service.api) => api.get(`/opportunity/export?${query}`);
const linesOf = (text: string): Json[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const tableOf = (text: string): Json[] => parse(text, { columns: true });

describe('an export', () => {
  it('as NDJSON has everything, oldest first, as GET shows it', async () => {
    const first = await createOpportunity(service.api, {
      external_id: 'A-1',
      metadata: { region: 'EMEA' },
      opportunity_amount: 0.1,
      items: [{ external_id: 'L-1', qty: 2, rate: 1.5 }, {}],
      lost_reasons: [{ lost_reason: 'Price' }],
      status: 'Lost',
    });
    const second = await createOpportunity(service.api, { title: 'Second' });
    const { status, headers, text } = await file('format=ndjson');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="opportunity-\d{4}-\d\d-\d\d\.ndjson"$/);
    const lines = linesOf(text);
    expect(lines.map(({ id }) => id)).toEqual([first.id, second.id]);
    const names = Object.keys(lines[0] as object).filter((name) => name !== 'items' && name !== 'lost_reasons');
    const ofItems = Object.keys(lines[0]?.items[0]).map((name) => `items.${name}`);
    const shown = await service.api.get(
      `/opportunity/${first.id}?fields=${[...names, ...ofItems].join()}&expand=items,lost_reasons`,
    );
    expect(JSON.stringify(shown.body)).toBe(JSON.stringify(lines[0]));
    expect(names).toEqual(
      expect.arrayContaining([
        'external_id',
        'metadata',
        'pipeline_name',
        'lost_at',
        'probability_source',
        'snoozed_until',
      ]),
    );
    expect(names).not.toContain('pipeline_id');
    expect(lines[0]?.lost_at).toEqual(expect.any(String));
    expect(linesOf((await file('format=ndjson&fields=title&title=Second')).text)).toEqual([{ title: 'Second' }]);
    expect(linesOf((await file('format=ndjson&expand=items&sort=-created_at')).text)[1]).toEqual(
      (await service.api.get(`/opportunity/${first.id}?expand=items`)).body,
    );
    expect((await file('', service.other)).text).toMatch(/^id,created_at,[^\n]*\r\n$/);
  });

  it('as CSV puts the children on the lines of their deal, and lets no spreadsheet run a text', async () => {
    const api = await service.clientWith({ workspace: 'csv' });
    await createOpportunity(api, {
      title: '=1+1',
      city: "'-x",
      party_name: 'a "b", c\nd',
      opportunity_amount: -0.000000001,
      metadata: { k: '=v' },
      items: [{ item_name: '+x', qty: 1 }, { item_name: 'b' }],
      lost_reasons: [{ lost_reason: 'r' }, { lost_reason: '@s' }, { lost_reason: 't' }],
    });
    const { text, headers } = await file('', api);
    expect(headers.get('content-disposition')).toMatch(/\.csv"$/);
    const rows = tableOf(text);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({
      title: "'=1+1",
      city: "''-x",
      party_name: 'a "b", c\nd',
      opportunity_amount: '-0.000000001',
      metadata: '{"k":"=v"}',
      customer_name: '',
      'items.item_name': "'+x",
      'items.metadata': '',
      'lost_reasons.lost_reason': 'r',
    });
    expect(rows[1]).toMatchObject({ id: '', title: '', 'items.item_name': 'b', 'lost_reasons.lost_reason': "'@s" });
    expect(rows[2]).toMatchObject({ 'items.id': '', 'lost_reasons.lost_reason': 't' });
    expect(Object.keys(rows[0] as object)).not.toContain('items.opportunity_id');
    expect(tableOf((await file('formulas=raw', api)).text)[0]).toMatchObject({ title: '=1+1', city: "'-x" });
    expect((await file('fields=title,city,items.qty&expand=items', api)).text).toBe(
      "title,city,items.qty\r\n'=1+1,''-x,1\r\n,,1\r\n",
    );
    expect((await file('fields=customer_name', api)).text).toBe('customer_name\r\n""\r\n');
  });

  it('for ERPNext has its headers', async () => {
    const api = await service.clientWith({ workspace: 'erpnext' });
    await createOpportunity(api, {
      external_id: 'OPP-1',
      title: '=x',
      first_response_time: 93784,
      items: [{ external_id: 'r1', rate: 2 }],
    });
    const [row] = tableOf((await file('format=erpnext_csv', api)).text);
    expect(row).toMatchObject({
      ID: 'OPP-1',
      Title: '=x',
      'First Response Time': '1d 2h 3m 4s',
      'ID (Items)': 'r1',
      'Rate (Items)': '2',
    });
    expect(Object.keys(row as object).some((header) => header.includes('Company Currency'))).toBe(false);
  });

  it('refuses what does not fit, before it begins', async () => {
    const api = await service.clientWith({ workspace: 'refused' });
    const queries = [
      'limit=1',
      'offset=0',
      'starting_after=x',
      'format=xls',
      'fields=nothing',
      'fields=items.qty',
      'format=erpnext_csv&fields=title',
      'format=ndjson&formulas=raw',
      'sort=nothing',
      'title[gt]=1',
    ];
    for (const query of queries) {
      const { status, body } = await file(query, api);
      expect([query, status, body.error.param]).toEqual([query, 400, query.split('&').at(-1)?.split('=')[0]]);
    }
    const operations = Array.from({ length: 6 }, (_each, n) => ({
      method: 'create',
      body: { ...minimal, title: `${n}` },
    }));
    await api.post('/opportunity/batch', { operations });
    expect((await file('sort=title', api)).body.error).toMatchObject({ code: 'parameter_invalid', param: 'sort' });
    expect((await file('sort=title&title[ne]=0', api)).status).toBe(200);
    expect((await file('sort=-opportunity_amount', api)).status).toBe(200);
    expect((await service.clientAs(undefined).get('/opportunity/export')).status).toBe(401);
    const head = await api.request('HEAD', '/opportunity/export');
    const types = [head, await file('', api)].map(({ headers }) => headers.get('content-type'));
    expect([head.status, head.headers.get('content-length'), new Set(types).size]).toEqual([200, null, 1]);
  });

  it('is of one moment, and ends its query when the client leaves', async () => {
    const api = await service.clientWith({ workspace: 'large' });
    const big = 'x'.repeat(10_000);
    for (let part = 0; part < 5; part++) {
      const operations = Array.from({ length: 100 }, () => ({
        method: 'create',
        body: { ...minimal, order_lost_reason: big },
      }));
      await api.post('/opportunity/batch', { operations });
    }
    const { key } = api;
    const asked = request(`${service.origin}/api/crm/opportunity/export?format=ndjson`, {
      headers: { authorization: `Bearer ${String(key)}` },
    }).end();
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
    await api.patch(`/opportunity/${(await api.get('/opportunity?limit=1')).body.data[0].id}`, { title: 'meanwhile' });
    let text = '';
    for await (const piece of response) text += String(piece);
    expect(linesOf(text).map(({ title }) => title)).toEqual(Array(500).fill(null));
    const left = request(`${service.origin}/api/crm/opportunity/export?format=ndjson`, {
      headers: { authorization: `Bearer ${String(key)}` },
    }).end();
    left.on('error', () => undefined);
    await once(left, 'response');
    left.destroy();
    await noneIsOpen();
  });

  it('breaks the connection off when it fails in the middle, so that nobody takes a part for the whole', async () => {
    const api = await service.clientWith({ workspace: 'broken' });
    const { id } = await createOpportunity(api, { order_lost_reason: 'x'.repeat(10_000) });
    // More than the buffers of a connection hold while nobody reads.
    await copyDeal(service.database, id, 4000);
    const asked = request(`${service.origin}/api/crm/opportunity/export?format=ndjson`, {
      headers: { authorization: `Bearer ${String(api.key)}` },
    }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    const end = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'`;
    await until(async () => (await service.database.query(end)).length > 0);
    let lines = 0;
    const reading = async (): Promise<void> => {
      for await (const piece of response) lines += String(piece).split('\n').length - 1;
    };
    await expect(reading()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(lines).toBeLessThan(4001);
    expect(response.complete).toBe(false);
    expect((await api.get('/opportunity?limit=1')).body.total).toBe(4001);
  });

  it('gives its connection back when its reader takes nothing for too long', async () => {
    const { manager } = service.app.get(DataSource);
    const numbers = async function* (call: Call) {
      for (let n = 0; ; n++) yield (await call.manager.query<{ n: number }[]>('select $1::int as n', [n]))[0]?.n;
    };
    const reading = readAlong({ workspaceId: '', keyId: '', requestId: '', manager }, numbers, 20);
    expect(await reading.next()).toEqual({ done: false, value: 0 });
    await noneIsOpen();
    await expect(reading.next()).rejects.toThrow(StalledError);
    expect(await reading.next()).toEqual({ done: true, value: undefined });
  });

  /** No transaction waits for its reader any more. */
  async function noneIsOpen(): Promise<void> {
    const text = `select 1 from pg_stat_activity where datname = current_database() and state like 'idle in%'`;
    await until(async () => (await service.database.query(text)).length === 0);
  }
});

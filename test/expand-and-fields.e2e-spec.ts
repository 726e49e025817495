import pg from 'pg';
import { ImportWorker } from '../src/imports/import-worker.js';
import type { Answer, Json } from './support/client.js';
import { itAlone } from './support/alone.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { hiddenOperations, isAdded } from './support/of-modules.js';
import { operationsOf } from './support/operations.js';
import { startService, type Service } from './support/service.js';

let service: Service;
let children: { items: Json[]; lost_reasons: Json[] };
/** With two line items and two lost reasons; with one line item; without children. The newest last. */
let both: string, one: string, none: string;

const get = async (path: string): Promise<Json> => {
  const { status, body, text } = await service.api.get(`/opportunity${path}`);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return body;
};

beforeAll(async () => {
  service = await startService();
  // Statements are counted: beside the requests there are none.
  service.app.get(ImportWorker).onModuleDestroy();
  both = (await createOpportunity(service.api, { title: 'both', opportunity_amount: 0.1 })).id;
  one = (await createOpportunity(service.api, { title: 'one' })).id;
  none = (await createOpportunity(service.api, { title: 'none' })).id;
  await addItem(service.api, both, { item_name: 'second', rate: 2.5 });
  await addItem(service.api, one, { item_name: 'only' });
  await addItem(service.api, both, { item_name: 'first', idx: 1 });
  await addReason(service.api, both, 'Price');
  const { id } = await addReason(service.api, both, 'Timing');
  await service.api.patch(`/opportunity-lost-reason-detail/${id}`, { idx: 1 });
  const listed = async (kind: string): Promise<Json[]> =>
    (await service.api.get(`/${kind}?parent_id=${both}`)).body.data;
  children = { items: await listed('opportunity-item'), lost_reasons: await listed('opportunity-lost-reason-detail') };
  expect(children.items.map(({ item_name }) => item_name)).toEqual(['first', 'second']);
  expect(children.lost_reasons.map(({ lost_reason }) => lost_reason)).toEqual(['Timing', 'Price']);
});
afterAll(() => service.stop());

/**
 * How many statements the service sends while something is done; not those about the key, which come when a second is over,
 * nor the begin and the end of a transaction.
 */
async function statements(work: () => Promise<unknown>): Promise<number> {
  const query = vi.spyOn(pg.Client.prototype, 'query');
  try {
    await work();
    const texts = query.mock.calls.map(([sent]: unknown[]) =>
      typeof sent === 'string' ? sent : (sent as { text: string }).text,
    );
    return texts.filter((text) => !/api_key|^START|^COMMIT/.test(text)).length;
  } finally {
    query.mockRestore();
  }
}

describe('an object on its own', () => {
  it('has no children unless they are asked for', async () => {
    const object = await get(`/${both}`);
    expect(Object.keys(object)).toHaveLength(48);
    expect(object).not.toHaveProperty('items');
    expect(object).not.toHaveProperty('lost_reasons');
  });

  it('has the children asked for behind its attributes, in their order, as their own lists show them', async () => {
    const plain = await get(`/${both}`);
    for (const query of ['items,lost_reasons', 'lost_reasons,items', 'items,items,lost_reasons']) {
      const expanded = await get(`/${both}?expand=${query}`);
      expect(JSON.stringify(expanded)).toBe(JSON.stringify({ ...plain, ...children }));
    }
    expect(await get(`/${both}?expand=items`)).toEqual({ ...plain, items: children.items });
    expect(await get(`/${both}?expand=lost_reasons`)).toEqual({ ...plain, lost_reasons: children.lost_reasons });
  });

  it('without children has empty lists', async () => {
    expect(await get(`/${none}?expand=items,lost_reasons`)).toMatchObject({ items: [], lost_reasons: [] });
  });

  it('has only the attributes asked for, in document order, with or without its id', async () => {
    expect(JSON.stringify(await get(`/${both}?fields=total,title,id`))).toBe(
      JSON.stringify({ id: both, title: 'both', total: 2.5 }),
    );
    expect(JSON.stringify(await get(`/${both}?fields=opportunity_amount,title,title`))).toBe(
      '{"title":"both","opportunity_amount":0.1}',
    );
  });

  it('has every attribute that may be asked for, each alone', async () => {
    const whole = await get(`/${both}`);
    for (const [name, value] of Object.entries(whole))
      expect(await get(`/${both}?fields=${name}`)).toEqual({ [name]: value });
    expect(await get(`/${both}?fields=${Object.keys(whole).toReversed().join(',')}`)).toEqual(whole);
  });

  it('has the children asked for also when its own attributes are cut down', async () => {
    expect(await get(`/${both}?fields=title&expand=items,lost_reasons`)).toEqual({ title: 'both', ...children });
  });

  it('has the same ETag however much of it is shown', async () => {
    const etags = await Promise.all(
      ['', '?fields=title', '?expand=items'].map(async (query) =>
        (await service.api.get(`/opportunity/${both}${query}`)).headers.get('etag'),
      ),
    );
    expect(etags[0]).toMatch(/^"/);
    expect(new Set(etags).size).toBe(1);
  });

  it('takes none of the parameters of a list', async () => {
    for (const param of ['limit', 'title', 'sort', 'q']) {
      const { status, body } = await service.api.get(`/opportunity/${both}?${param}=1`);
      expect([status, body.error.code, body.error.param]).toEqual([400, 'parameter_unknown', param]);
    }
  });

  it('takes one statement more for each kind of children', async () => {
    const count = (query: string): Promise<number> => statements(() => get(`/${both}${query}`));
    const plain = await count('');
    expect(await count('?expand=items')).toBe(plain + 1);
    expect(await count('?expand=lost_reasons')).toBe(plain + 1);
    expect(await count('?expand=items,lost_reasons')).toBe(plain + 2);
    expect(await count('?fields=title')).toBe(plain);
  });
});

describe('a list', () => {
  it('has objects without children unless they are asked for', async () => {
    for (const object of (await get('')).data) expect(Object.keys(object)).toHaveLength(48);
  });

  it('has the children of every object, and empty lists where there are none', async () => {
    const { data } = await get('?sort=created_at&expand=items,lost_reasons');
    expect(data.map(({ id }: Json) => id)).toEqual([both, one, none]);
    expect(data[0]).toMatchObject(children);
    expect(data[1].items.map(({ item_name }: Json) => item_name)).toEqual(['only']);
    expect([data[1].lost_reasons, data[2].items, data[2].lost_reasons]).toEqual([[], [], []]);
    for (const object of data) expect(object).toEqual(await get(`/${object.id}?expand=items,lost_reasons`));
  });

  it('has only the attributes asked for, in document order, also under a sort by others', async () => {
    const { data, ...rest } = await get('?fields=total,title&sort=-opportunity_amount,created_at');
    expect(data.map((object: Json) => JSON.stringify(object))).toEqual([
      '{"title":"both","total":2.5}',
      '{"title":"one","total":0}',
      '{"title":"none","total":0}',
    ]);
    expect(rest).toEqual({ has_more: false, total: 3 });
  });

  it('links to its neighbours and embeds children without showing ids', async () => {
    const { headers, body } = await service.api.get('/opportunity?sort=created_at&limit=1&fields=title&expand=items');
    expect(body.data).toEqual([{ title: 'both', items: children.items }]);
    expect(headers.get('link')).toContain(`starting_after=${both}`);
    const next = await get(`?sort=created_at&limit=1&fields=title&expand=items&starting_after=${both}`);
    expect(next.data).toMatchObject([{ title: 'one', items: [{ item_name: 'only' }] }]);
  });

  it('is cut down in the same way at a deep offset', async () => {
    await service.database.query(`insert into opportunity
      (workspace_id, id, opportunity_from, party_name, company, transaction_date, title, created_at)
      select w.id, 'deep_' || n, 'Lead', 'p', 'c', '2024-01-15', 'deep', '2030-01-01'
      from workspace w, generate_series(1, 1001) n where w.name = 'default'`);
    const { data } = await get('?offset=1001&limit=2&fields=title&expand=items');
    expect(data).toEqual([
      { title: 'none', items: [] },
      { title: 'one', items: [expect.objectContaining({ item_name: 'only' })] },
    ]);
    expect((await get('?q=deep&offset=1000&limit=2&fields=title')).data).toEqual([{ title: 'deep' }]);
    await service.database.query(`delete from opportunity where title = 'deep'`);
  });

  itAlone.each([1, 3])('of %i objects takes one statement more for each kind of children', async (limit) => {
    const count = (query: string): Promise<number> => statements(() => get(`?limit=${limit}${query}`));
    const plain = await count('');
    expect(await count('&expand=items')).toBe(plain + 1);
    expect(await count('&expand=lost_reasons')).toBe(plain + 1);
    expect(await count('&expand=items,lost_reasons')).toBe(plain + 2);
  });

  it.each(['', '&limit=1', '&title=none'])('without its total has null there%s', async (query) => {
    const counted = await get(`?sort=created_at${query}`);
    expect(await get(`?sort=created_at${query}&include_total=false`)).toEqual({ ...counted, total: null });
    expect(await get(`?sort=created_at${query}&include_total=true`)).toEqual(counted);
  });

  it('refuses an include_total that is not a truth value', async () => {
    for (const text of ['', '0', 'False', 'null']) {
      const { status, body } = await service.api.get(`/opportunity?include_total=${text}`);
      expect([status, body.error.param]).toEqual([400, 'include_total']);
    }
  });
});

describe('what cannot be shown', () => {
  it.each([
    ['fields', 'nothing'],
    ['fields', 'Title'],
    ['fields', 'items'],
    ['fields', 'version'],
    ['fields', 'workspace_id'],
    ['fields', 'constructor'],
    ['expand', 'nothing'],
    ['expand', 'title'],
    ['expand', '__proto__'],
  ])('is refused: %s=%s', async (param, text) => {
    for (const path of ['', `/${both}`]) {
      const { status, body } = await service.api.get(`/opportunity${path}?${param}=${text}`);
      expect([status, body.error.code, body.error.param]).toEqual([400, 'parameter_invalid', param]);
      expect(body.error.message).toContain(`does not know '${text.split(',').at(-1) ?? ''}'`);
    }
  });

  it.each(['fields=', 'fields=id,', 'fields=,id', 'fields[]=id&fields[]=', 'expand=', 'expand=items,%20,items'])(
    'is refused when it lacks a name: %s',
    async (query) => {
      for (const path of ['', `/${both}`]) {
        const { status, body } = await service.api.get(`/opportunity${path}?${query}`);
        expect([status, body.error.code, body.error.param]).toEqual([400, 'parameter_invalid', query.slice(0, 6)]);
        expect(body.error.message).toContain('has an empty value');
      }
    },
  );

  it.each([
    'fields=title,total&expand=items,lost_reasons',
    'fields=%20title%20,%20total&expand=items,%20lost_reasons',
    'fields=title&fields=total&expand=items&expand=lost_reasons',
    'fields[]=title&fields[]=total&expand[]=items&expand[]=lost_reasons',
    'fields%5B%5D=title&fields=total&expand%5B%5D=lost_reasons&expand=items,items',
  ])('is a list, in whichever way it is given: %s', async (query) => {
    const { title, total, items, lost_reasons } = await get(`/${both}?expand=items,lost_reasons`);
    expect(await get(`/${both}?${query}`)).toEqual({ title, total, items, lost_reasons });
    expect((await get(`?sort=id&limit=1&${query}`)).data[0]).toHaveProperty('lost_reasons');
  });
});

describe('the answer to a write', () => {
  it('takes fields wherever it has objects', () => {
    const writes = operationsOf(service.document)
      .filter(({ method, path }) => ['post', 'put', 'patch'].includes(method) && path.startsWith('/api/crm/'))
      .filter((operation) => !isAdded(operation));
    const without = writes.filter((operation) => !operation.parameters.some(({ name }) => name === 'fields'));
    // These answer no object of a resource.
    const names = without.map(({ operationId }) => operationId).sort();
    const known = ['applyPipelineProbabilities', 'eraseOpportunity'];
    expect(names).toEqual(known.filter((name) => !hiddenOperations.includes(name)));
  });

  it('has only the attributes asked for, of children in their new order, too', async () => {
    const { id } = await createOpportunity(service.api);
    const item = (rate: number) => addItem(service.api, id, { rate, external_id: `LINE-${rate}` });
    const ids = [(await item(1)).id, (await item(2)).id];
    const reorder = (kind: string, order: string[], query: string): Promise<Answer> =>
      service.api.post(`/${kind}/reorder?${query}`, { ids: order });
    const turned = await reorder('opportunity-item', [ids[1], ids[0]], 'fields=external_id,image_view,rate');
    const expected = [2, 1].map((rate) => ({ image_view: null, rate, external_id: `LINE-${rate}` }));
    expect([turned.status, turned.body.data]).toEqual([200, expected]);
    expect((await reorder('opportunity-item', [ids[1], ids[0]], 'fields=idx')).body.data).toEqual([
      { idx: 1 },
      { idx: 2 },
    ]);
    const reason = await service.api.post('/opportunity-lost-reason-detail?fields=lost_reason', {
      opportunity_id: id,
      lost_reason: 'Price',
    });
    expect([reason.status, reason.body]).toEqual([201, { lost_reason: 'Price' }]);
    const path = reason.headers.get('location')?.replace('/api/crm', '') ?? '';
    expect((await service.api.get(`${path}?fields=idx`)).body).toEqual({ idx: 1 });
    const { body: renamed } = await service.api.patch(`${path}?fields=lost_reason`, { lost_reason: 'Time' });
    expect(renamed).toEqual({ lost_reason: 'Time' });
    const other = await addReason(service.api, id, 'Place');
    const order = await reorder(
      'opportunity-lost-reason-detail',
      [other.id, path.split('/')[2] ?? ''],
      'fields=lost_reason',
    );
    expect(order.body.data).toEqual([{ lost_reason: 'Place' }, { lost_reason: 'Time' }]);
    const put = await service.api.request('PUT', `/opportunity/${id}/lost-reasons?fields=idx`, {
      body: { lost_reasons: [{ lost_reason: 'Price' }] },
    });
    expect(put.body.data).toEqual([{ idx: 1 }]);
    expect((await reorder('opportunity-item', ids, 'fields=nothing')).body.error.param).toBe('fields');
  });

  it.each([true, false])('of a batch has only the attributes asked for, with atomic %s', async (atomic) => {
    const external = `BATCH-${atomic}`;
    const operations = [
      { method: 'create', body: { ...minimal, title: 'a', external_id: external, items: [{ rate: 2 }] } },
      { method: 'create', body: { ...minimal, title: 'b' } },
      { method: 'update', external_id: external, body: { opportunity_amount: 50, probability: 50 } },
    ];
    const query = 'fields=title,total,external_id,weighted_amount';
    const { status, body } = await service.api.post(`/opportunity/batch?${query}`, { atomic, operations });
    expect(status).toBe(200);
    expect(body.data).toEqual([
      { status: 201, object: { title: 'a', total: 2, external_id: external, weighted_amount: 0 } },
      { status: 201, object: { title: 'b', total: 0, external_id: null, weighted_amount: 0 } },
      { status: 200, object: { title: 'a', total: 2, external_id: external, weighted_amount: 25 } },
    ]);
  });
});

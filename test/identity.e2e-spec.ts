import type { Json } from './support/client.js';
import { createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const SHOWN = 'fields=*,external_id,metadata';
const shown = async (id: string): Promise<Json> => (await service.api.get(`/opportunity/${id}?${SHOWN}`)).body;
const idsFor = async (query: string): Promise<string[]> => {
  const { status, body, text } = await service.api.get(`/opportunity?sort=created_at&${query}`);
  if (status !== 200) throw new Error(text);
  return body.data.map(({ id }: Json) => id);
};
const putItems = (id: string, items: object[]) =>
  service.api.request('PUT', `/opportunity/${id}/items`, { body: { items } });
const errorsOf = ({ status, body }: { status: number; body: Json }): unknown => [
  status,
  ...body.error.errors.map(({ param, code }: Json) => [param, code]),
];

it('fields of the endpoints of line items name external_id and metadata, and whatever else is wanted', async () => {
  const { api } = service;
  const { id: parent } = await createOpportunity(api);
  const own = { external_id: 'L-1', metadata: { colour: 'red' } };
  const body = { opportunity_id: parent, ...own, image: 'a.png', qty: 2 };
  const made = await api.post('/opportunity-item?fields=external_id,metadata', body, { 'Idempotency-Key': 'fields' });
  expect([made.status, made.body]).toEqual([201, own]);
  const path = made.headers.get('location')?.replace('/api/crm', '') ?? '';
  const whole = await api.get(`${path}?fields=*,external_id,metadata`);
  expect(whole.body).toEqual({ ...(await api.get(path)).body, ...own });
  expect(whole.headers.get('etag')).toBe((await api.get(path)).headers.get('etag'));
  expect((await api.get(`${path}?fields=image_view`)).body).toEqual({ image_view: 'a.png' });
  const changed = await api.patch(`${path}?fields=metadata,qty`, { metadata: { size: 'L' }, qty: 3 });
  expect(changed.body).toEqual({ qty: 3, metadata: { colour: 'red', size: 'L' } });
  await api.post('/opportunity-item', { opportunity_id: parent, external_id: 'L-2' });
  const listed = async (query: string) => (await api.get(`/opportunity-item?parent_id=${parent}&${query}`)).body;
  expect(await listed('fields=external_id')).toMatchObject({ data: [{ external_id: 'L-1' }, { external_id: 'L-2' }] });
  expect(await listed('fields=image_view,external_id&offset=1')).toEqual({
    ...{ data: [{ image_view: null, external_id: 'L-2' }], has_more: false, total: 2 },
  });
  const items = [{ external_id: 'L-2' }, { external_id: 'L-1', qty: 1 }];
  const { body: replaced } = await api.request('PUT', `/opportunity/${parent}/items?fields=idx,external_id`, {
    body: { items },
  });
  expect(replaced.data).toEqual([
    { idx: 1, external_id: 'L-2' },
    { idx: 2, external_id: 'L-1' },
  ]);
  for (const query of ['fields=nothing', 'expand=items', 'limit=0', 'offset=-1'])
    expect(await listed(query)).toMatchObject({ error: { param: query.split('=')[0] } });
  expect((await api.get('/opportunity-item')).body.error).toMatchObject({
    code: 'parameter_missing',
    param: 'parent_id',
  });
});

describe('external_id', () => {
  it('is shown only where fields names it, and default answers keep their keys', async () => {
    const { api } = service;
    const plain = await createOpportunity(api, { external_id: 'A-1', metadata: { region: 'EMEA' } });
    expect(Object.keys(plain)).not.toContain('external_id');
    expect(Object.keys(plain)).not.toContain('metadata');
    expect(await shown(plain.id)).toMatchObject({ external_id: 'A-1', metadata: { region: 'EMEA' } });
    const empty = await api.post(`/opportunity?${SHOWN}`, minimal);
    expect(empty.body).toMatchObject({ external_id: null, metadata: {} });
    const events = (await api.get(`/opportunity/${plain.id}/history`)).body.data;
    expect(events[0].after).toMatchObject({ external_id: 'A-1', metadata: { region: 'EMEA' } });
  });

  it('is one object’s at a time, compared exactly, and free again once its object is gone or has another', async () => {
    const { api, other } = service;
    const holder = await createOpportunity(api, { external_id: 'B-1' });
    const rival = await createOpportunity(api, { external_id: 'b-1' });
    const taken = (response: Awaited<ReturnType<typeof api.post>>): void => {
      expect(errorsOf(response)).toEqual([409, ['external_id', 'external_id_taken']]);
      expect(response.body.error.message).toContain(holder.id);
    };
    taken(await api.post('/opportunity', { ...minimal, external_id: 'B-1' }));
    taken(await api.post('/opportunity', { ...minimal, external_id: 'B-1', items: [{}] }));
    taken(await api.post('/opportunity', { ...minimal, external_id: 'B-1' }, { 'Idempotency-Key': 'taken' }));
    taken(await api.patch(`/opportunity/${rival.id}`, { external_id: 'B-1' }));
    expect((await api.patch(`/opportunity/${holder.id}`, { external_id: 'B-1', title: 'Same' })).status).toBe(200);
    await createOpportunity(other, { external_id: 'B-1' });
    const operations = [1, 2].map(() => ({ method: 'create', body: { ...minimal, external_id: 'B-2' } }));
    expect(errorsOf(await api.post('/opportunity/batch', { operations }))).toEqual([
      409,
      ['operations[1].body.external_id', 'external_id_taken'],
    ]);
    await api.patch(`/opportunity/${holder.id}`, { external_id: 'B-3' });
    expect((await api.patch(`/opportunity/${rival.id}`, { external_id: 'B-1' })).status).toBe(200);
    await api.delete(`/opportunity/${rival.id}`);
    await createOpportunity(api, { external_id: 'B-1' });
    expect(errorsOf(await api.post('/opportunity', { ...minimal, external_id: ' ' }))).toEqual([
      400,
      ['external_id', 'parameter_invalid'],
    ]);
  });

  it('makes one object where many ask for it at once', async () => {
    const posts = Array.from({ length: 8 }, () =>
      service.api.post('/opportunity', { ...minimal, external_id: 'RACE', items: [{}] }),
    );
    const statuses = (await Promise.all(posts)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  });

  it('is an attribute of line items, too, each deal with its own', async () => {
    const { api } = service;
    const items = [{ external_id: 'L-1', metadata: { colour: 'red' } }, { external_id: 'L-2' }];
    const deal = await createOpportunity(api, { items });
    await createOpportunity(api, { items });
    const [first, second] = deal.items;
    expect(Object.keys(first)).not.toContain('external_id');
    const add = await api.post('/opportunity-item', { opportunity_id: deal.id, external_id: 'L-1' });
    expect(errorsOf(add)).toEqual([409, ['external_id', 'external_id_taken']]);
    expect(add.body.error.message).toContain(first.id);
    const rename = await api.patch(`/opportunity-item/${second.id}`, { external_id: 'L-1' });
    expect(errorsOf(rename)).toEqual([409, ['external_id', 'external_id_taken']]);
    const twice = [{ external_id: 'X' }, { external_id: 'X' }];
    expect(errorsOf(await api.post('/opportunity', { ...minimal, items: twice }))).toEqual([
      400,
      ['items[1].external_id', 'parameter_invalid'],
    ]);
    expect(errorsOf(await putItems(deal.id, twice))).toEqual([400, ['items[1].external_id', 'parameter_invalid']]);
  });

  it('has the filters and the sort of a text', async () => {
    const { api } = service;
    const a = await createOpportunity(api, { external_id: 'F-\u00e91', title: 'filters' });
    const b = await createOpportunity(api, { external_id: 'F-e\u03011', title: 'filters' });
    const c = await createOpportunity(api, { title: 'filters' });
    expect(await idsFor(`external_id=${encodeURIComponent('F-\u00e91')}`)).toEqual([a.id]);
    expect(await idsFor(`external_id[in]=${encodeURIComponent('F-e\u03011')},none`)).toEqual([b.id]);
    expect(await idsFor('title=filters&external_id[is_null]=true')).toEqual([c.id]);
    expect((await api.get('/opportunity?sort=-external_id&limit=1')).status).toBe(200);
  });
});

describe('a batch', () => {
  it('names its deals by external_id, also those that it has just made', async () => {
    const { api } = service;
    const operations = [
      { method: 'create', body: { ...minimal, external_id: 'M-1' } },
      { method: 'create', body: { ...minimal, external_id: 'M-2' } },
      { method: 'update', external_id: 'M-1', body: { title: 'one' } },
      { method: 'update', external_id: 'M-2', body: { external_id: 'M-3' } },
      { method: 'delete', external_id: 'M-3' },
    ];
    const { status, body } = await api.post('/opportunity/batch', { operations });
    expect([status, ...body.data.map((outcome: Json) => outcome.status)]).toEqual([200, 201, 201, 200, 200, 200]);
    expect((await shown(body.data[0].object.id)).title).toBe('one');
    const wrong = (operation: object) => api.post('/opportunity/batch', { operations: [operation] });
    const place = 'operations[0].external_id';
    expect((await wrong({ method: 'delete', external_id: 'M-3' })).body.error).toMatchObject({
      code: 'resource_missing',
      param: place,
    });
    expect(errorsOf(await wrong({ method: 'delete', id: 'x', external_id: 'x' }))).toEqual([
      400,
      [place, 'parameter_invalid'],
    ]);
    expect(errorsOf(await wrong({ method: 'create', external_id: 'x', body: minimal }))).toEqual([
      400,
      [place, 'parameter_invalid'],
    ]);
    const each = [
      { method: 'update', external_id: 'M-1', body: { title: 'two' } },
      { method: 'delete', external_id: 'none' },
    ];
    const outcomes = (await api.post('/opportunity/batch', { atomic: false, operations: each })).body.data;
    expect(outcomes.map((outcome: Json) => outcome.status)).toEqual([200, 404]);
  });
});

it('fields names attributes of children, which then have only these', async () => {
  const { api } = service;
  const { id } = await createOpportunity(api, {
    items: [{ external_id: 'X', qty: 3 }],
    lost_reasons: [{ lost_reason: 'r' }],
  });
  const { body } = await api.get(`/opportunity/${id}?fields=id,items.external_id,items.qty&expand=items,lost_reasons`);
  expect(body).toMatchObject({
    id,
    items: [{ qty: 3, external_id: 'X' }],
    lost_reasons: [{ lost_reason: 'r', idx: 1 }],
  });
  expect(Object.keys(body.items[0])).toEqual(['qty', 'external_id']);
  const whole = (await api.get(`/opportunity/${id}?fields=*,items.*,items.external_id&expand=items`)).body;
  expect(whole.items[0]).toMatchObject({ opportunity_id: id, external_id: 'X' });
  expect((await api.get(`/opportunity/${id}?fields=items.qty`)).body.error).toMatchObject({ param: 'fields' });
});

describe('metadata', () => {
  it('is merged by PATCH, emptied by null, and unchanged by what it has', async () => {
    const { api } = service;
    const { id } = await createOpportunity(api, { metadata: { a: '1', b: '2', gone: null } });
    expect((await shown(id)).metadata).toEqual({ a: '1', b: '2' });
    await api.patch(`/opportunity/${id}`, { metadata: { b: null, c: '3' } });
    expect((await shown(id)).metadata).toEqual({ a: '1', c: '3' });
    const same = await api.patch(`/opportunity/${id}`, { metadata: { a: '1', none: null } });
    expect(same.headers.get('etag')).toBe('"2"');
    const operations = [{ method: 'update', id, body: { metadata: { d: '4' } } }];
    await api.post('/opportunity/batch', { operations });
    expect((await shown(id)).metadata).toEqual({ a: '1', c: '3', d: '4' });
    await api.patch(`/opportunity/${id}`, { metadata: null });
    expect((await shown(id)).metadata).toEqual({});
    const [last, batch] = (await api.get(`/opportunity/${id}/history`)).body.data;
    expect(last).toMatchObject({ before: { metadata: { a: '1', c: '3', d: '4' } }, after: { metadata: {} } });
    expect(batch).toMatchObject({ before: { metadata: { a: '1', c: '3' } } });
    expect((await api.post(`/opportunity?${SHOWN}`, { ...minimal, metadata: null })).body.metadata).toEqual({});
  });

  it('names the key that is wrong', async () => {
    const { api } = service;
    const metadata = JSON.parse(`{"ok":"1","not ok":"1","__proto__":"1","n":1,"long":"${'x'.repeat(501)}"}`) as object;
    const paths = ['not ok', '__proto__', 'n', 'long'].map((key) => [`metadata.${key}`, 'parameter_invalid']);
    expect(errorsOf(await api.post('/opportunity', { ...minimal, metadata }))).toEqual([400, ...paths]);
    expect(errorsOf(await api.post('/opportunity', { ...minimal, metadata: [] }))).toEqual([
      400,
      ['metadata', 'parameter_invalid'],
    ]);
    expect(errorsOf(await api.post('/opportunity', { ...minimal, items: [{ metadata: { x: 1 } }] }))).toEqual([
      400,
      ['items[0].metadata.x', 'parameter_invalid'],
    ]);
    const full = Object.fromEntries(Array.from({ length: 50 }, (_each, n) => [`k${n}`, '']));
    const { id } = await createOpportunity(api, { metadata: full });
    const tooMany = [400, ['metadata', 'parameter_invalid']];
    expect(errorsOf(await api.patch(`/opportunity/${id}`, { metadata: { one: 'more' } }))).toEqual(tooMany);
    expect(errorsOf(await api.post('/opportunity', { ...minimal, metadata: { ...full, x: '' } }))).toEqual(tooMany);
    expect((await api.patch(`/opportunity/${id}`, { metadata: { k0: null, one: 'more' } })).status).toBe(200);
  });

  it('finds deals by the texts of its keys, alone and in filter', async () => {
    const { api } = service;
    const make = async (metadata: object): Promise<string> =>
      (await createOpportunity(api, { title: 'found', metadata })).id;
    const [emea, apac, none] = [
      await make({ region: 'EMEA', in: 'a|b' }),
      await make({ region: 'APAC,x' }),
      await make({}),
    ];
    await createOpportunity(service.other, { title: 'found', metadata: { region: 'EMEA' } });
    const found = (query: string): Promise<string[]> => idsFor(`title=found&${query}`);
    expect(await found('metadata[region]=EMEA')).toEqual([emea]);
    expect(await found('metadata[region]=emea')).toEqual([]);
    expect(await found('metadata[region][ne]=EMEA')).toEqual([apac, none]);
    expect(await found('metadata[region][in]=EMEA,"APAC,x"')).toEqual([emea, apac]);
    expect(await found('metadata[region][is_null]=true')).toEqual([none]);
    expect(await found('metadata[region][is_null]=false')).toEqual([emea, apac]);
    expect(await found('metadata[in]=a|b')).toEqual([emea]);
    expect(await found('filter=metadata[region][in]:EMEA|"APAC,x",metadata[in]:a|b')).toEqual([emea]);
    for (const query of [
      'metadata=x',
      'metadata[]=x',
      'metadata[a b]=x',
      'metadata[a][gt]=x',
      'metadata[a][is_null]=x',
    ])
      expect((await api.get(`/opportunity?${query}`)).body.error).toMatchObject({ code: 'parameter_invalid' });
    for (const query of ['sort=metadata', 'metadata[a]=1&metadata[a]=2'])
      expect((await api.get(`/opportunity?${query}`)).status).toBe(400);
    expect((await api.get('/opportunity/aggregate?group_by=metadata')).status).toBe(400);
  });
});

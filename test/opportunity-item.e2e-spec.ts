import type { Answer, Json } from './support/client.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/** The attributes of the public reference, written out by hand in its order. */
const KEYS = [
  'id',
  'idx',
  'opportunity_id',
  'item_code',
  'qty',
  'item_group',
  'brand',
  'uom',
  'item_name',
  'description',
  'image',
  'image_view',
  'rate',
  'base_amount',
  'amount',
  'base_rate',
];

const full = {
  item_code: 'CHAIR-01',
  qty: 2.5,
  item_group: 'Furniture',
  brand: 'Examplo',
  uom: 'Nos',
  item_name: 'Office chair',
  description: 'Height-adjustable,\nblack.',
  image: 'https://example.com/chair.png',
  image_view: 'https://example.com/chair-small.png',
  rate: 19.99,
};

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const item = (id: string): Promise<Answer> => service.api.get(`/opportunity-item/${id}`);
const patch = (id: string, body: object): Promise<Answer> => service.api.patch(`/opportunity-item/${id}`, body);
const opportunity = async (id: string): Promise<Json> => (await service.api.get(`/opportunity/${id}`)).body;
const list = (parentId: string, more = ''): Promise<Answer> =>
  service.api.get(`/opportunity-item?parent_id=${parentId}${more}`);

/** The codes of the items in the order of the list, having seen that their positions are 1…n. */
async function order(parentId: string): Promise<string> {
  const { data } = (await list(parentId)).body;
  expect(data.map(({ idx }: Json) => idx)).toEqual(data.map((_: Json, index: number) => index + 1));
  return data.map(({ item_code }: Json) => item_code).join('');
}

/** An opportunity with one item for each letter; answers its id and theirs by letter. */
async function withItems(letters: string): Promise<{ parent: string; ids: Record<string, string> }> {
  const { id: parent } = await createOpportunity(service.api);
  const ids: Record<string, string> = {};
  for (const item_code of letters) ids[item_code] = (await addItem(service.api, parent, { item_code })).id;
  return { parent, ids };
}

describe('an item', () => {
  it('is created with its defaults, and has an address', async () => {
    const { id: opportunity_id } = await createOpportunity(service.api);
    const { status, headers, body } = await service.api.post('/opportunity-item', { opportunity_id });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/crm/opportunity-item/${body.id}`);
    expect(body.id).toMatch(/^opportunity-item_[0-9a-z]{26}$/);
    const nulls = Object.fromEntries(KEYS.map((key) => [key, null]));
    const numbers = { idx: 1, qty: 1, rate: 0, amount: 0, base_amount: 0, base_rate: 0 };
    expect(body).toEqual({ ...nulls, ...numbers, id: body.id, opportunity_id });
    expect((await item(body.id)).body).toEqual(body);
  });

  it('has exactly the attributes of the reference, in its order, on every route', async () => {
    const { id: parent } = await createOpportunity(service.api);
    const created = await addItem(service.api, parent, full);
    expect(created).toMatchObject(full);
    expect(Object.keys(created)).toEqual(KEYS);
    expect(Object.keys((await item(created.id)).body)).toEqual(KEYS);
    expect(Object.keys((await patch(created.id, { brand: 'x' })).body)).toEqual(KEYS);
    expect(Object.keys((await patch(created.id, {})).body)).toEqual(KEYS);
    expect(Object.keys((await list(parent)).body.data[0])).toEqual(KEYS);
    const body = { parent_id: parent, ids: [created.id] };
    expect(Object.keys((await service.api.post('/opportunity-item/reorder', body)).body.data[0])).toEqual(KEYS);
  });

  it('keeps what a change does not name, and clears with null', async () => {
    const { id: parent } = await createOpportunity(service.api);
    const before = await addItem(service.api, parent, full);
    const { status, body } = await patch(before.id, { brand: null, item_name: 'Chair' });
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, brand: null, item_name: 'Chair' });
    expect((await item(before.id)).body).toEqual(body);
  });

  it.each(['qty', 'rate', 'idx', 'opportunity_id'])('refuses null for %s', async (name) => {
    const { ids } = await withItems('A');
    const { status, body } = await patch(ids.A ?? '', { [name]: null });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: name });
  });

  it('changes nothing with an empty body, and leaves its parent alone', async () => {
    const { parent, ids } = await withItems('A');
    const [before, parentBefore] = [(await item(ids.A ?? '')).body, await opportunity(parent)];
    const { status, body } = await patch(ids.A ?? '', {});
    expect([status, body]).toEqual([200, before]);
    expect(await opportunity(parent)).toEqual(parentBefore);
  });

  it('takes back the whole object with one attribute changed', async () => {
    const { id: parent } = await createOpportunity(service.api);
    const before = await addItem(service.api, parent, full);
    const { status, body } = await patch(before.id, { ...before, rate: 20 });
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, rate: 20, amount: 50, base_amount: 50, base_rate: 20 });
  });

  it.each(['id', 'base_amount', 'amount', 'base_rate'])('ignores %s, or refuses it when strict', async (name) => {
    const { ids } = await withItems('A');
    const before = (await item(ids.A ?? '')).body;
    expect((await patch(ids.A ?? '', { [name]: 7 })).body).toEqual(before);
    const strict = { prefer: 'handling=strict' };
    const { status, body } = await service.api.patch(`/opportunity-item/${ids.A}`, { [name]: 7 }, strict);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_read_only', param: name });
  });

  it('may have a negative rate, as a discount, but no negative quantity', async () => {
    const { id: parent } = await createOpportunity(service.api);
    const { id, ...discount } = await addItem(service.api, parent, { qty: 2, rate: -12.5 });
    expect(discount).toMatchObject({ rate: -12.5, amount: -25, base_amount: -25, base_rate: -12.5 });
    expect(await opportunity(parent)).toMatchObject({ total: -25, base_total: -25 });
    for (const answer of [
      await service.api.post('/opportunity-item', { opportunity_id: parent, qty: -1 }),
      await patch(id, { qty: -0.000000001 }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ code: 'parameter_invalid', param: 'qty' });
    }
  });

  it('may have a quantity of 0', async () => {
    const { id: parent } = await createOpportunity(service.api);
    expect(await addItem(service.api, parent, { qty: 0, rate: 5 })).toMatchObject({ qty: 0, amount: 0, base_rate: 5 });
  });

  it('is answered 404 once it is deleted', async () => {
    const { ids } = await withItems('A');
    const id = ids.A ?? '';
    const { status, text } = await service.api.delete(`/opportunity-item/${id}`);
    expect([status, text]).toEqual([200, `{"id":"${id}","deleted":true}`]);
    for (const answer of [
      await item(id),
      await patch(id, { qty: 2 }),
      await service.api.delete(`/opportunity-item/${id}`),
    ])
      expect([answer.status, answer.body.error.code]).toEqual([404, 'resource_missing']);
  });

  it('stays editable when the opportunity is lost', async () => {
    const { parent, ids } = await withItems('AB');
    await service.api.patch(`/opportunity/${parent}`, { status: 'Lost' });
    expect((await patch(ids.A ?? '', { rate: 3 })).status).toBe(200);
    expect((await service.api.delete(`/opportunity-item/${ids.B}`)).status).toBe(200);
    await addItem(service.api, parent, { rate: 4 });
    expect((await opportunity(parent)).total).toBe(7);
  });
});

describe('the parent of an item', () => {
  it('must be named', async () => {
    const { status, body } = await service.api.post('/opportunity-item', { qty: 1 });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_missing', param: 'opportunity_id' });
  });

  it('must exist', async () => {
    const { status, body } = await service.api.post('/opportunity-item', { opportunity_id: 'opportunity_abc123' });
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: 'resource_missing', param: 'opportunity_id' });
  });

  it('may be repeated by a change, but not changed', async () => {
    const { parent, ids } = await withItems('A');
    const { parent: another } = await withItems('B');
    const id = ids.A ?? '';
    expect((await patch(id, { opportunity_id: parent, brand: 'x' })).body).toMatchObject({ brand: 'x' });
    for (const opportunity_id of [another, 'opportunity_abc123', '']) {
      const { status, body } = await patch(id, { opportunity_id, brand: 'y' });
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'parameter_invalid', param: 'opportunity_id' });
    }
    expect((await item(id)).body).toMatchObject({ opportunity_id: parent, brand: 'x' });
  });

  it('does not move when it is only repeated', async () => {
    const { parent, ids } = await withItems('A');
    const before = await opportunity(parent);
    expect((await patch(ids.A ?? '', { opportunity_id: parent })).status).toBe(200);
    expect(await opportunity(parent)).toEqual(before);
  });
});

describe('the list', () => {
  it('has all items of the parent in order, and no others', async () => {
    const { parent } = await withItems('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    await withItems('Z');
    const { status, body } = await list(parent);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['data', 'has_more', 'total']);
    expect([body.has_more, body.total]).toEqual([false, 26]);
    expect(await order(parent)).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  });

  it.each([
    ['&limit=2', 'AB', true],
    ['&limit=2&offset=2', 'CD', true],
    ['&limit=3&offset=2', 'CDE', false],
    ['&offset=3', 'DE', false],
    ['&limit=5', 'ABCDE', false],
    ['&offset=5', '', false],
    ['&limit=1&offset=99', '', false],
  ])('is cut by %s', async (query, letters, hasMore) => {
    const { parent } = await withItems('ABCDE');
    const { body } = await list(parent, query);
    expect(body.data.map(({ item_code }: Json) => item_code).join('')).toBe(letters);
    expect([body.has_more, body.total]).toEqual([hasMore, 5]);
  });

  it('is empty for an opportunity without items', async () => {
    const { id } = await createOpportunity(service.api);
    const { status, body } = await list(id);
    expect([status, body]).toEqual([200, { data: [], has_more: false, total: 0 }]);
  });

  it('needs a parent_id', async () => {
    const { status, body } = await service.api.get('/opportunity-item');
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_missing', param: 'parent_id' });
  });

  it('answers 404 for a parent that does not exist', async () => {
    const { status, body } = await list('opportunity_abc123');
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: 'resource_missing', param: 'parent_id' });
  });

  it.each(['&limit=0', '&limit=101', '&limit=x', '&offset=-1', '&offset='])('refuses %s', async (query) => {
    const { parent } = await withItems('A');
    const { status, body } = await list(parent, query);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: /\w+/.exec(query)?.[0] });
  });

  it('refuses an unknown parameter by name', async () => {
    const { parent } = await withItems('A');
    const { status, body } = await list(parent, '&opportunity_id=x');
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_unknown', param: 'opportunity_id' });
  });
});

describe('positions', () => {
  it.each([
    [undefined, 'ABCX'],
    [1, 'XABC'],
    [2, 'AXBC'],
    [3, 'ABXC'],
    [4, 'ABCX'],
    [5, 'ABCX'],
    [2147483647, 'ABCX'],
    [9007199254740991, 'ABCX'],
  ])('an item created at %s ends up in %s', async (idx, expected) => {
    const { parent } = await withItems('ABC');
    const created = await addItem(service.api, parent, { item_code: 'X', ...(idx !== undefined && { idx }) });
    expect(created.idx).toBe(expected.indexOf('X') + 1);
    expect(await order(parent)).toBe(expected);
  });

  it.each([
    ['A', 1, 'ABCD'],
    ['A', 2, 'BACD'],
    ['A', 4, 'BCDA'],
    ['A', 5, 'BCDA'],
    ['A', 9007199254740991, 'BCDA'],
    ['D', 1, 'DABC'],
    ['D', 3, 'ABDC'],
    ['C', 2, 'ACBD'],
    ['B', 3, 'ACBD'],
  ])('moving %s to %i makes it %s', async (letter, idx, expected) => {
    const { parent, ids } = await withItems('ABCD');
    const { status, body } = await patch(ids[letter] ?? '', { idx });
    expect([status, body.idx]).toEqual([200, expected.indexOf(letter) + 1]);
    expect(await order(parent)).toBe(expected);
  });

  it.each([0, -1, 1.5, '1', null, true])('refuses %p', async (idx) => {
    const { parent, ids } = await withItems('AB');
    for (const answer of [
      await service.api.post('/opportunity-item', { opportunity_id: parent, idx }),
      await patch(ids.B ?? '', { idx }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ code: 'parameter_invalid', param: 'idx' });
    }
    expect(await order(parent)).toBe('AB');
  });

  it.each([
    ['A', 'BCD'],
    ['B', 'ACD'],
    ['D', 'ABC'],
  ])('deleting %s leaves %s', async (letter, expected) => {
    const { parent, ids } = await withItems('ABCD');
    await service.api.delete(`/opportunity-item/${ids[letter]}`);
    expect(await order(parent)).toBe(expected);
  });

  it('moves and changes an item in one request', async () => {
    const { parent, ids } = await withItems('ABC');
    const { body } = await patch(ids.C ?? '', { idx: 1, qty: 2, rate: 5 });
    expect(body).toMatchObject({ idx: 1, qty: 2, rate: 5, amount: 10 });
    expect(await order(parent)).toBe('CAB');
  });

  it('leaves the parent alone when the item is already there', async () => {
    const { parent, ids } = await withItems('ABC');
    const before = await opportunity(parent);
    await patch(ids.B ?? '', { idx: 2 });
    await patch(ids.C ?? '', { idx: 9 });
    expect(await opportunity(parent)).toEqual(before);
  });

  it('stay 1…n under parallel inserts, moves, deletes and reorders', async () => {
    const { parent, ids } = await withItems('ABCDEF');
    const all = Object.values(ids);
    const statuses = await Promise.all([
      ...[1, 3, undefined, 5, 1, undefined].map((idx) =>
        service.api.post('/opportunity-item', { opportunity_id: parent, rate: 1, ...(idx !== undefined && { idx }) }),
      ),
      ...[4, 1, 6, 2].map((idx, index) => patch(all[index] ?? '', { idx })),
      ...all.slice(4).map((id) => service.api.delete(`/opportunity-item/${id}`)),
      // Refused unless it happens to come first: by then the children are others.
      service.api.post('/opportunity-item/reorder', { parent_id: parent, ids: all.toReversed() }),
    ]);
    expect(statuses.filter(({ status }) => status >= 500 || status === 409)).toEqual([]);
    expect(await order(parent)).toHaveLength(4);
    expect(await opportunity(parent)).toMatchObject({ total: 6, base_total: 6 });
  });
});

describe('reorder', () => {
  const reorder = (body: object): Promise<Answer> => service.api.post('/opportunity-item/reorder', body);
  const pick = (ids: Record<string, string>, letters: string): string[] => [...letters].map((l) => ids[l] ?? l);

  it('answers the items in the new order', async () => {
    const { parent, ids } = await withItems('ABCD');
    const { status, body } = await reorder({ parent_id: parent, ids: pick(ids, 'DBAC') });
    expect(status).toBe(200);
    expect(body).toEqual((await list(parent)).body);
    expect([body.has_more, body.total]).toEqual([false, 4]);
    expect(await order(parent)).toBe('DBAC');
  });

  it('leaves the amounts as they are', async () => {
    const { parent, ids } = await withItems('AB');
    await patch(ids.A ?? '', { qty: 3, rate: 0.1 });
    await reorder({ parent_id: parent, ids: pick(ids, 'BA') });
    expect(await opportunity(parent)).toMatchObject({ total: 0.3, base_total: 0.3 });
  });

  it.each(['PUT', 'PATCH'])('does the same by %s', async (method) => {
    const { parent, ids } = await withItems('ABC');
    // These stay out of the document, so the client, which holds answers against it, cannot be used.
    const send = (body: object): Promise<Response> =>
      fetch(`${service.origin}/api/crm/opportunity-item/reorder`, {
        method,
        headers: { authorization: `Bearer ${service.api.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const answer = await send({ parent_id: parent, ids: pick(ids, 'CAB') });
    expect([answer.status, await answer.json()]).toEqual([200, (await list(parent)).body]);
    expect(await order(parent)).toBe('CAB');
    const refused = await send({ parent_id: parent, ids: pick(ids, 'CA') });
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as Json).error).toMatchObject({ code: 'parameter_invalid', param: 'ids' });
  });

  it('takes the parent from the items when parent_id is left out', async () => {
    const { parent, ids } = await withItems('ABC');
    expect((await reorder({ ids: pick(ids, 'BCA') })).status).toBe(200);
    expect(await order(parent)).toBe('BCA');
  });

  it('changes nothing, not even updated_at, when the order is the same', async () => {
    const { parent, ids } = await withItems('ABC');
    const before = await opportunity(parent);
    const { status, body } = await reorder({ parent_id: parent, ids: pick(ids, 'ABC') });
    expect([status, body]).toEqual([200, (await list(parent)).body]);
    expect(await opportunity(parent)).toEqual(before);
  });

  it.each([
    ['missing', 'AB', /missing <C>/],
    ['repeated', 'ABCA', /repeated <A>/],
    ['foreign', 'ABCX', /foreign <X>/],
    ['missing, repeated and foreign', 'AAX', /missing <B>, <C>; repeated <A>; foreign <X>/],
    ['all missing', '', /missing <A>, <B>, <C>/],
  ])('names ids that are %s, and moves nothing', async (_what, letters, expected) => {
    const { parent, ids } = await withItems('ABC');
    const { ids: others } = await withItems('X');
    const names = new Map(Object.entries({ ...ids, ...others }).map(([letter, id]) => [id, `<${letter}>`]));
    const before = await opportunity(parent);
    const { status, body } = await reorder({ parent_id: parent, ids: pick({ ...ids, ...others }, letters) });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: 'ids' });
    const message = (body.error.message as string).replaceAll(/opportunity-item_\w+/g, (id) => names.get(id) ?? id);
    expect(message).toMatch(expected);
    expect(await order(parent)).toBe('ABC');
    expect(await opportunity(parent)).toEqual(before);
  });

  it('refuses an empty list without a parent, and takes one for a parent without items', async () => {
    const { status, body } = await reorder({ ids: [] });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_missing', param: 'parent_id' });
    const { id } = await createOpportunity(service.api);
    const empty = await reorder({ parent_id: id, ids: [] });
    expect([empty.status, empty.body]).toEqual([200, { data: [], has_more: false, total: 0 }]);
  });

  it('answers 404 for a parent that does not exist', async () => {
    const { status, body } = await reorder({ parent_id: 'opportunity_abc123', ids: [] });
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: 'resource_missing', param: 'parent_id' });
  });

  it.each([
    [{}, 'ids', 'parameter_missing'],
    [{ ids: null }, 'ids', 'parameter_invalid'],
    [{ ids: 'x' }, 'ids', 'parameter_invalid'],
    [{ ids: { 0: 'x' } }, 'ids', 'parameter_invalid'],
    [{ ids: [1] }, 'ids[0]', 'parameter_invalid'],
    [{ ids: ['a', null] }, 'ids[1]', 'parameter_invalid'],
    [{ ids: ['a', ['b']] }, 'ids[1]', 'parameter_invalid'],
    [{ ids: ['a\u0000'] }, 'ids[0]', 'parameter_invalid'],
    [{ ids: ['\ud800'] }, 'ids[0]', 'parameter_invalid'],
    [{ parent_id: 1, ids: [] }, 'parent_id', 'parameter_invalid'],
    [{ parent: 'x', ids: [], parent_id: 'x' }, 'parent', 'parameter_unknown'],
  ])('refuses %j, naming %s', async (given, param, code) => {
    const { status, body } = await reorder(given);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code, param });
  });
});

describe('image_view', () => {
  const images = async (body: object): Promise<Json> => {
    const { id: parent } = await createOpportunity(service.api);
    return addItem(service.api, parent, body);
  };

  it('shows image while it has no value of its own', async () => {
    const created = await images({ image: 'a.png' });
    expect(created.image_view).toBe('a.png');
    expect((await patch(created.id, { image: 'b.png' })).body.image_view).toBe('b.png');
    expect((await item(created.id)).body.image_view).toBe('b.png');
    expect((await list(created.opportunity_id)).body.data[0].image_view).toBe('b.png');
  });

  it('keeps a value of its own until that is cleared', async () => {
    const { id, image_view } = await images({ image: 'a.png', image_view: 'small.png' });
    expect(image_view).toBe('small.png');
    expect((await patch(id, { image: 'b.png' })).body.image_view).toBe('small.png');
    expect((await patch(id, { image_view: null })).body.image_view).toBe('b.png');
    expect((await patch(id, { image: null })).body).toMatchObject({ image: null, image_view: null });
  });

  it('is not pinned by writing back the whole object with another image', async () => {
    const whole = await images({ image: 'a.png' });
    const { body } = await patch(whole.id, { ...whole, image: 'b.png' });
    expect(body).toMatchObject({ image: 'b.png', image_view: 'b.png' });
  });
});

describe('money', () => {
  it.each([
    [3, 0.1, 0.3],
    [100, 1.005, 100.5],
    [2.5, 19.99, 49.975],
    [0.333333333, 3, 0.999999999],
    [0.000000001, 0.4, 0],
    [0.000000001, 0.5, 0.000000001],
    [1.1, 1.1, 1.21],
  ])('%d × %d is %d', async (qty, rate, amount) => {
    const { id } = await createOpportunity(service.api);
    expect(await addItem(service.api, id, { qty, rate })).toMatchObject({ amount, base_amount: amount });
    expect(await opportunity(id)).toMatchObject({ total: amount, base_total: amount });
  });

  it('adds 1 000 rows of 1 × 0.1 up to 100, and has no room for another', async () => {
    const { id } = await createOpportunity(service.api);
    await service.database.query(
      `insert into opportunity_item (workspace_id, id, idx, opportunity_id, qty, rate, conversion_rate)
       select workspace_id, 'opportunity-item_' || n, n, id, 1, 0.1, 1 from opportunity, generate_series(1, 999) n where id = $1`,
      [id],
    );
    expect((await addItem(service.api, id, { qty: 1, rate: 0.1 })).idx).toBe(1000);
    expect(await opportunity(id)).toMatchObject({ total: 100, base_total: 100 });
    const { status, body } = await service.api.post('/opportunity-item', { opportunity_id: id });
    expect([status, body.error.code]).toEqual([400, 'children_limit_reached']);
    expect((await list(id)).body).toMatchObject({ has_more: false, total: 1000 });
    expect((await list(id)).body.data).toHaveLength(1000);
  });

  it('converts row by row: 3 × 19.99, 2.5 × 40.01 and 1 × 0.05 at 0.917431', async () => {
    const { id } = await createOpportunity(service.api, { conversion_rate: 0.917431 });
    for (const [qty, rate] of [
      [3, 19.99],
      [2.5, 40.01],
      [1, 0.05],
    ])
      await addItem(service.api, id, { qty, rate });
    expect(await opportunity(id)).toMatchObject({ total: 160.045, base_total: 146.830244395 });
  });

  it('values an opportunity of 1 000 at rate 83, then 90', async () => {
    const created = await createOpportunity(service.api, { opportunity_amount: 1000, conversion_rate: 83 });
    expect(created.base_opportunity_amount).toBe(83000);
    const { body } = await service.api.patch(`/opportunity/${created.id}`, { conversion_rate: 90 });
    expect(body.base_opportunity_amount).toBe(90000);
    const changed = await service.api.patch(`/opportunity/${created.id}`, { opportunity_amount: 10 });
    expect(changed.body.base_opportunity_amount).toBe(900);
  });

  it('refuses 1 000 000 × 1 000 000, and writes nothing', async () => {
    const { id } = await createOpportunity(service.api);
    const before = await opportunity(id);
    const { status, body } = await service.api.post('/opportunity-item', { opportunity_id: id, qty: 1e6, rate: 1e6 });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', code: 'amount_out_of_range' });
    expect(body.error.errors.map(({ param }: Json) => param)).toEqual(['qty', 'rate']);
    expect((await list(id)).body.total).toBe(0);
    expect(await opportunity(id)).toEqual(before);
  });

  it('never derives opportunity_amount from the items', async () => {
    const { id } = await createOpportunity(service.api, { opportunity_amount: 5 });
    await addItem(service.api, id, { qty: 2, rate: 10 });
    expect(await opportunity(id)).toMatchObject({ opportunity_amount: 5, base_opportunity_amount: 5, total: 20 });
  });

  it('rounds half up at the ninth decimal, first the amount, then its conversion', async () => {
    const { id } = await createOpportunity(service.api, { conversion_rate: 3 });
    const row = await addItem(service.api, id, { qty: 0.5, rate: 0.000000001 });
    expect(row).toMatchObject({ amount: 1e-9, base_amount: 3e-9, base_rate: 3e-9 });
  });

  it('is right after every kind of write', async () => {
    const { id } = await createOpportunity(service.api, { conversion_rate: 2 });
    const totals = async (): Promise<unknown[]> => {
      const { total, base_total } = await opportunity(id);
      return [total, base_total];
    };
    const first = await addItem(service.api, id, { qty: 3, rate: 0.1 });
    expect(await totals()).toEqual([0.3, 0.6]);
    const second = await addItem(service.api, id, { qty: 1, rate: 10, idx: 1 });
    expect(await totals()).toEqual([10.3, 20.6]);
    await patch(first.id, { qty: 5 });
    expect(await totals()).toEqual([10.5, 21]);
    await patch(first.id, { rate: -0.1, idx: 1 });
    expect(await totals()).toEqual([9.5, 19]);
    await service.api.post('/opportunity-item/reorder', { parent_id: id, ids: [second.id, first.id] });
    expect(await totals()).toEqual([9.5, 19]);
    const { body } = await service.api.patch(`/opportunity/${id}`, { conversion_rate: 3 });
    expect([body.total, body.base_total]).toEqual([9.5, 28.5]);
    expect((await item(second.id)).body).toMatchObject({ amount: 10, base_amount: 30, base_rate: 30 });
    await service.api.delete(`/opportunity-item/${second.id}`);
    expect(await totals()).toEqual([-0.5, -1.5]);
    await service.api.delete(`/opportunity-item/${first.id}`);
    expect(await totals()).toEqual([0, 0]);
    expect((await addItem(service.api, id, { rate: 1 })).base_amount).toBe(3);
  });

  it('refuses a write whose total would not fit, and writes nothing', async () => {
    const { id } = await createOpportunity(service.api);
    const row = await addItem(service.api, id, { rate: 9e11 });
    const other = await addItem(service.api, id, { rate: 9e10 });
    const before = [await opportunity(id), (await list(id)).body];
    const answers = [
      await service.api.post('/opportunity-item', { opportunity_id: id, rate: 9e11, idx: 1 }),
      await patch(other.id, { rate: 9e11, idx: 1 }),
      await patch(row.id, { qty: 2 }),
      await service.api.patch(`/opportunity/${id}`, { conversion_rate: 2, title: 'x' }),
    ];
    for (const { status, body } of answers) expect([status, body.error.code]).toEqual([400, 'amount_out_of_range']);
    expect(answers.map(({ body }) => body.error.param)).toEqual(['rate', 'rate', 'qty', 'conversion_rate']);
    expect([await opportunity(id), (await list(id)).body]).toEqual(before);
  });

  it('refuses an opportunity whose base amount would not fit', async () => {
    const body = { ...minimal, opportunity_amount: 9e11, conversion_rate: 2 };
    const answer = await service.api.post('/opportunity', body);
    expect([answer.status, answer.body.error.code]).toEqual([400, 'amount_out_of_range']);
  });
});

describe('long decimals', () => {
  /** Creates with `opportunity_amount` as JSON text: a JavaScript number could not carry these digits. */
  const send = (amount: string): Promise<Answer> =>
    service.api.post('/opportunity', JSON.stringify(minimal).replace('}', `,"opportunity_amount":${amount}}`));
  const amountIn = (text: string): string | undefined => /"opportunity_amount":([^,]+),/.exec(text)?.[1];

  it.each(['123456789012.123456789', '999999999999.999999999', '-999999999999.999999999', '100000000000.1'])(
    '%s is answered with exactly these digits',
    async (amount) => {
      const { status, text, body } = await send(amount);
      expect([status, amountIn(text)]).toEqual([201, amount]);
      expect(amountIn((await service.api.get(`/opportunity/${body.id}`)).text)).toBe(amount);
      expect(amountIn((await service.api.get('/opportunity?limit=1')).text)).toBe(amount);
    },
  );

  it.each([
    ['0.1234567894', '0.123456789'],
    ['0.1234567895', '0.12345679'],
    ['-0.1234567895', '-0.12345679'],
    ['0.00000000049999999999999999', '0'],
    ['999999999999.9999999994', '999999999999.999999999'],
    ['12345678901234567890e-9', '12345678901.23456789'],
    ['1.5e3', '1500'],
    ['1E+11', '100000000000'],
    ['1e-400', '0'],
    ['-0', '0'],
    ['1.000000000000000000000', '1'],
  ])('%s is kept as %s', async (given, kept) => {
    const { status, text } = await send(given);
    expect([status, amountIn(text)]).toEqual([201, kept]);
  });

  it.each([
    ['9.99999999999999999e11', '999999999999.999999'],
    ['1234567890123456e-20000', '0'],
  ])('%s, long and with an exponent, is kept as %s', async (given, kept) => {
    const { status, text } = await send(given);
    expect([status, amountIn(text)]).toEqual([201, kept]);
  });

  it.each([
    '1000000000000',
    '-1000000000000',
    '999999999999.9999999995',
    '1e12',
    '1e400',
    '-1e400',
    '1234567890123456e300',
    '99999999999999999999999999999999',
  ])('%s is refused', async (amount) => {
    const { status, body } = await send(amount);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: 'opportunity_amount' });
  });

  it('survive GET → change → PATCH of the whole text', async () => {
    const { body, text } = await send('123456789012.123456789');
    const changed = text.replace('"title":null', '"title":"x"');
    const answer = await service.api.patch(`/opportunity/${body.id}`, changed);
    expect(answer.body.title).toBe('x');
    expect(amountIn(answer.text)).toBe('123456789012.123456789');
  });

  it('are multiplied exactly', async () => {
    const { id } = await createOpportunity(service.api);
    const text = `{"opportunity_id":"${id}","qty":3,"rate":111111111111.111111111}`;
    const { text: answer } = await service.api.post('/opportunity-item', text);
    expect(/"amount":([^,]+),/.exec(answer)?.[1]).toBe('333333333333.333333333');
    expect((await service.api.get(`/opportunity/${id}`)).text).toContain('"total":333333333333.333333333,');
  });

  it('are only numbers outside of strings', async () => {
    const title = '12345678901234567890 and "99999999999999999999.5", \\';
    expect((await createOpportunity(service.api, { title })).title).toBe(title);
  });
});

// Last: passport is one for the process, so from here on the keys of the second service are the ones it knows.
describe('the number of items', () => {
  it('is limited as configured', async () => {
    const small = await startService({ MAX_CHILDREN: '2' });
    try {
      const { id } = await createOpportunity(small.api);
      const first = await addItem(small.api, id, { rate: 1 });
      await addItem(small.api, id, { rate: 1 });
      const { status, body } = await small.api.post('/opportunity-item', { opportunity_id: id, rate: 1 });
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ type: 'invalid_request_error', code: 'children_limit_reached' });
      expect((await small.api.get(`/opportunity-item?parent_id=${id}`)).body.total).toBe(2);
      expect((await small.api.get(`/opportunity/${id}`)).body.total).toBe(2);
      await small.api.delete(`/opportunity-item/${first.id}`);
      await addItem(small.api, id);
    } finally {
      await small.stop();
    }
  });
});

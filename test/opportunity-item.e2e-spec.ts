import type { Json } from './support/client.js';
import { addItem, createOpportunity } from './support/fixtures.js';
import { itemCalls } from './support/items.js';
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

const { item, list, opportunity, order, patch, withItems } = itemCalls(() => service.api);

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

  it.each(['a line item', 'a deal', 'a list'])('is not pinned in a copy by way of %s', async (way) => {
    const { id: _id, opportunity_id: _of, ...copied } = await images({ image: 'a.png' });
    const { id: parent } = await createOpportunity(service.api, way === 'a deal' ? { items: [copied] } : {});
    if (way === 'a line item') await addItem(service.api, parent, copied);
    if (way === 'a list')
      await service.api.request('PUT', `/opportunity/${parent}/items`, { body: { items: [copied] } });
    const [copy] = (await list(parent)).body.data;
    expect((await patch(copy.id, { image: 'b.png' })).body.image_view).toBe('b.png');
  });
});

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

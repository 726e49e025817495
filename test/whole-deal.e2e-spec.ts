import type { Answer, Json } from './support/client.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ MAX_CHILDREN: '5' });
});
afterAll(() => service.stop());

const put = (path: string, body: object): Promise<Answer> => service.api.request('PUT', path, { body });

async function whole(id: string): Promise<Json> {
  return (await service.api.get(`/opportunity/${id}?expand=items,lost_reasons`)).body;
}

async function total(): Promise<number> {
  return (await service.api.get('/opportunity?limit=1')).body.total;
}

describe('creating a whole deal', () => {
  it('embeds the kinds of children it was given, with totals and positions', async () => {
    const { status, body } = await service.api.post('/opportunity', {
      ...minimal,
      conversion_rate: 0.917431,
      items: [
        { qty: 3, rate: 19.99 },
        { qty: 2.5, rate: 40.01, idx: 9, opportunity_id: 'ignored', amount: 1 },
        { rate: 0.05 },
      ],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ total: 160.045, base_total: 146.830244395 });
    expect(body.items.map(({ idx, amount }: Json) => [idx, amount])).toEqual([
      [1, 59.97],
      [2, 100.025],
      [3, 0.05],
    ]);
    expect(body.lost_reasons).toBeUndefined();
    expect(await whole(body.id)).toEqual({ ...body, lost_reasons: [] });
  });

  it('embeds empty lists that it was given', async () => {
    const { body } = await service.api.post('/opportunity', {
      ...minimal,
      lost_reasons: [{ lost_reason: 'Price' }],
      items: [],
    });
    expect(Object.keys(body).slice(-2)).toEqual(['items', 'lost_reasons']);
    expect(body.items).toEqual([]);
    expect(body.lost_reasons).toMatchObject([{ idx: 1, lost_reason: 'Price', opportunity_id: body.id }]);
  });

  it.each([
    [{ items: [{}, {}, { qty: -1 }] }, 'items[2].qty', 'parameter_invalid'],
    [{ items: [{ x: 1 }] }, 'items[0].x', 'parameter_unknown'],
    [{ items: [1] }, 'items[0]', 'parameter_invalid'],
    [{ items: null }, 'items', 'parameter_invalid'],
    [{ items: {} }, 'items', 'parameter_invalid'],
    [{ lost_reasons: [{ lost_reason: 'a' }, {}] }, 'lost_reasons[1].lost_reason', 'parameter_missing'],
    [{ items: Array.from({ length: 6 }, () => ({})) }, 'items', 'children_limit_reached'],
    [{ items: [{ qty: 1e6, rate: 1e6 }] }, 'items', 'amount_out_of_range'],
  ])('is all or nothing: %j', async (children, param, code) => {
    const before = await total();
    const { status, body } = await service.api.post('/opportunity', { ...minimal, ...children });
    expect([status, body.error.param, body.error.code]).toEqual([400, param, code]);
    expect(await total()).toBe(before);
  });
});

describe('replacing the children', () => {
  it('changes those named, makes new ones, deletes the rest, in the order of the list', async () => {
    const { id } = await createOpportunity(service.api);
    const first = await addItem(service.api, id, { item_name: 'a', qty: 2, rate: 1, brand: 'kept' });
    const second = await addItem(service.api, id, { item_name: 'b', rate: 10 });
    const third = await addItem(service.api, id, { item_name: 'c', rate: 100 });
    const { status, body } = await put(`/opportunity/${id}/items`, {
      items: [{ id: third.id }, { item_name: 'new', rate: 7 }, { id: first.id, qty: 3 }],
    });
    expect(status).toBe(200);
    expect(body.data.map(({ idx, item_name, amount, brand }: Json) => [idx, item_name, amount, brand])).toEqual([
      [1, 'c', 100, null],
      [2, 'new', 7, null],
      [3, 'a', 3, 'kept'],
    ]);
    expect((await service.api.get(`/opportunity-item/${second.id}`)).status).toBe(404);
    expect((await whole(id)).total).toBe(110);
  });

  it('takes a list back as it was read, which changes nothing', async () => {
    const { id } = await createOpportunity(service.api);
    await addItem(service.api, id, { image: 'a.png', rate: 1.5 });
    await addReason(service.api, id);
    const before = await whole(id);
    expect((await put(`/opportunity/${id}/items`, { items: before.items })).body.data).toEqual(before.items);
    expect((await put(`/opportunity/${id}/lost-reasons`, { lost_reasons: before.lost_reasons })).body.data).toEqual(
      before.lost_reasons,
    );
    expect(await whole(id)).toEqual(before);
  });

  it('refuses foreign and repeated ids, incomplete new entries and too many, and writes nothing', async () => {
    const { id } = await createOpportunity(service.api);
    const mine = await addReason(service.api, id);
    const other = await addReason(service.api, (await createOpportunity(service.api)).id);
    const before = await whole(id);
    const cases: [object[], string][] = [
      [[{ lost_reason: 'new' }, { id: other.id }], 'lost_reasons[1].id'],
      [[{ id: mine.id }, { id: mine.id }], 'lost_reasons[1].id'],
      [[{ id: mine.id }, {}], 'lost_reasons[1].lost_reason'],
      [[{ id: mine.id, lost_reason: null }], 'lost_reasons[0].lost_reason'],
      [Array.from({ length: 6 }, () => ({ lost_reason: 'x' })), 'lost_reasons'],
    ];
    for (const [lost_reasons, param] of cases) {
      const { status, body } = await put(`/opportunity/${id}/lost-reasons`, { lost_reasons });
      expect([status, body.error.param]).toEqual([400, param]);
    }
    expect(await whole(id)).toEqual(before);
  });

  it('is 404 for an opportunity that is not there', async () => {
    expect((await put('/opportunity/opportunity_abc123/items', { items: [] })).status).toBe(404);
  });

  it('is what a PATCH with children is told to use', async () => {
    const { id } = await createOpportunity(service.api);
    await addItem(service.api, id);
    for (const [name, endpoint] of [
      ['items', 'PUT /api/crm/opportunity/{id}/items'],
      ['lost_reasons', 'PUT /api/crm/opportunity/{id}/lost-reasons'],
    ] as const) {
      const { status, body } = await service.api.patch(`/opportunity/${id}`, { title: 'x', [name]: [] });
      expect([status, body.error.param]).toEqual([400, name]);
      expect(body.error.message).toContain(endpoint);
    }
    expect(await whole(id)).toMatchObject({ title: null, items: [{ idx: 1 }] });
  });
});

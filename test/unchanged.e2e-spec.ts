import type { Answer, Json } from './support/client.js';
import { addItem, addReason, createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/* A write after which every attribute has the value it had is no write. */

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

interface Deal {
  id: string;
  /** The opportunity with its children, as it is read. */
  whole: Json;
  item: Json;
  reason: Json;
}

async function deal(): Promise<Deal> {
  const { id } = await createOpportunity(service.api, {
    title: 'Deal',
    opportunity_amount: 12.5,
    conversion_rate: 1.25,
  });
  await addItem(service.api, id, { qty: 2, rate: 1.5, image: 'a.png' });
  await addItem(service.api, id, { item_name: 'Lamp' });
  const reason = await addReason(service.api, id);
  const { body: whole } = await service.api.get(`/opportunity/${id}?expand=items,lost_reasons`);
  return { id, whole, item: whole.items[0], reason };
}

/** Everything that a write could have moved: bytes, versions and events. */
async function traces({ id, item, reason }: Deal): Promise<string[]> {
  const paths = [
    `/opportunity/${id}?expand=items,lost_reasons`,
    `/opportunity-item/${item.id}`,
    `/opportunity-lost-reason-detail/${reason.id}`,
    `/opportunity/${id}/history`,
  ];
  const answers = await Promise.all(paths.map((path) => service.api.get(path)));
  return answers.map(({ text, headers }) => `${headers.get('etag') ?? ''} ${text}`);
}

const patch = (path: string, body: unknown): Promise<Answer> => service.api.request('PATCH', path, { body });
const put = (path: string, body: object): Promise<Answer> => service.api.request('PUT', path, { body });
const batch = (id: string, atomic: boolean): Promise<Answer> =>
  service.api.post('/opportunity/batch', {
    atomic,
    operations: [{ method: 'update', id, body: { title: 'Deal', opportunity_amount: 12.5, state: null } }],
  });

const WRITES: Record<string, (deal: Deal) => Promise<Answer>> = {
  'an attribute': ({ id }) => patch(`/opportunity/${id}`, { title: 'Deal' }),
  'a number that is stored as the same': ({ id }) =>
    patch(`/opportunity/${id}`, '{"opportunity_amount":12.5000000000004}'),
  'the conversion rate': ({ id }) => patch(`/opportunity/${id}`, '{"conversion_rate":1.25000000000000000001}'),
  'the whole opportunity as it was read': ({ id, whole: { items: _items, lost_reasons: _reasons, ...attributes } }) =>
    patch(`/opportunity/${id}`, attributes),
  'a line item': ({ item }) => patch(`/opportunity-item/${item.id}`, { qty: 2, idx: 1 }),
  'the whole line item as it was read': ({ item }) => patch(`/opportunity-item/${item.id}`, item),
  'a lost reason': ({ reason }) => patch(`/opportunity-lost-reason-detail/${reason.id}`, { lost_reason: 'Price' }),
  'the list of line items': ({ id, whole }) => put(`/opportunity/${id}/items`, { items: whole.items }),
  'the list of lost reasons': ({ id, whole }) =>
    put(`/opportunity/${id}/lost-reasons`, { lost_reasons: whole.lost_reasons }),
  'the order': ({ id, whole }) =>
    service.api.post('/opportunity-item/reorder', { parent_id: id, ids: whole.items.map((item: Json) => item.id) }),
  'a batch': ({ id }) => batch(id, true),
  'a batch, each on its own': ({ id }) => batch(id, false),
};

it.each(Object.keys(WRITES))('writing %s again answers 200, and leaves no event, version or time', async (name) => {
  const written = await deal();
  const before = await traces(written);
  const answer = await WRITES[name]?.(written);
  expect(answer?.status).toBe(200);
  expect(await traces(written)).toEqual(before);
});

it('answers the object with its ETag, and still compares If-Match', async () => {
  const { id, item } = await deal();
  for (const [path, body] of [
    [`/opportunity/${id}`, { title: 'Deal' }],
    [`/opportunity/${id}`, { conversion_rate: 1.25 }],
    [`/opportunity-item/${item.id}`, { qty: 2 }],
  ] as const) {
    const read = await service.api.get(path);
    const etag = read.headers.get('etag') ?? '';
    const same = await service.api.patch(path, body, { 'if-match': etag });
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([200, read.text, etag]);
    expect((await service.api.patch(path, body, { 'if-match': '"99"' })).status).toBe(412);
  }
  expect((await service.api.patch('/opportunity/opportunity_none', { title: 'Deal' })).status).toBe(404);
});

it('moves what differs, beside attributes that are the same, and names it alone', async () => {
  const { id, whole, item } = await deal();
  const { items, lost_reasons: _reasons, ...attributes } = whole;
  await patch(`/opportunity/${id}`, { ...attributes, city: 'Springfield' });
  await patch(`/opportunity-item/${item.id}`, { ...item, qty: 3 });
  await service.api.post('/opportunity/batch', {
    operations: [{ method: 'update', id, body: { title: 'Deal', city: null, probability: 100 } }],
  });
  await put(`/opportunity/${id}/items`, {
    items: [
      { ...items[0], qty: 3 },
      { ...items[1], item_name: null },
    ],
  });
  const { body } = await service.api.get(`/opportunity/${id}/history?limit=4`);
  expect(body.data.map(({ before, after }: Json) => [before, after]).reverse()).toEqual([
    [{ city: null }, { city: 'Springfield' }],
    [{ qty: 2 }, { qty: 3 }],
    [{ city: 'Springfield' }, { city: null }],
    [{ item_name: 'Lamp' }, { item_name: null }],
  ]);
});

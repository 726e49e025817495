import { CountingProxy } from './support/counting-proxy.js';
import { cloneDatabase } from './support/database.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/* How often a request waits for PostgreSQL: what it costs where the database is another machine. */

let service: Service;
let proxy: CountingProxy;
beforeAll(async () => {
  const database = await cloneDatabase();
  proxy = await CountingProxy.before(database.url);
  service = await startService({ DATABASE_POOL_SIZE: '1' }, { ...database, url: proxy.url });
});
afterAll(async () => {
  await service.stop();
  await proxy.stop();
});

/** Trips of a request, its key known and its statements prepared by one like it before. */
async function trips(request: () => Promise<unknown>): Promise<number> {
  await request();
  return proxy.count(request);
}

it('retrieves, lists, creates and updates with one', async () => {
  const { id } = await createOpportunity(service.api);
  const { api } = service;
  expect(await trips(() => api.get(`/opportunity/${id}`))).toBe(1);
  expect(await trips(() => api.get('/opportunity'))).toBe(1);
  expect(await trips(() => api.post('/opportunity', minimal))).toBe(1);
  expect(await trips(() => api.patch(`/opportunity/${id}`, { title: 'x' }))).toBe(1);
});

it('adds, changes, moves up, deletes and reorders line items with three', async () => {
  const { id } = await createOpportunity(service.api);
  const { api } = service;
  const items = [];
  for (let n = 0; n < 5; n++) items.push(await addItem(api, id));
  const ids: string[] = items.map((item) => item.id);
  const [first, second, third, ...rest] = ids;
  expect(await trips(() => addItem(api, id, { qty: 2, rate: 3 }))).toBe(3);
  expect(await trips(() => addItem(api, id, { idx: 1 }))).toBe(3);
  expect(await trips(() => api.patch(`/opportunity-item/${first}`, { qty: Math.random() }))).toBe(3);
  expect(await proxy.count(() => api.patch(`/opportunity-item/${rest.at(-1)}`, { idx: 1 }))).toBe(3);
  await api.delete(`/opportunity-item/${second}`);
  expect(await proxy.count(() => api.delete(`/opportunity-item/${third}`))).toBe(3);
  const listed = (await api.get(`/opportunity-item?parent_id=${id}`)).body.data.map((item: { id: string }) => item.id);
  const reorder = (): Promise<unknown> => {
    listed.reverse();
    return api.post('/opportunity-item/reorder', { parent_id: id, ids: listed });
  };
  expect(await trips(reorder)).toBe(3);
});

it('creates a deal with ten line items with four', async () => {
  const items = Array.from({ length: 10 }, (_, n) => ({ qty: n, rate: 2 }));
  expect(await trips(() => service.api.post('/opportunity', { ...minimal, items }))).toBe(4);
});

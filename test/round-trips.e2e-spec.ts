import { itAlone } from './support/alone.js';
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

const ATTEMPTS = 6;

/**
 * Trips of a request like those before it: the least of some, as the first prepares its statements, and once a second one
 * looks up its key anew.
 */
async function trips(request: (attempt: number) => Promise<unknown>): Promise<number> {
  const counts: number[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) counts.push(await proxy.count(() => request(attempt)));
  return Math.min(...counts);
}

itAlone('retrieves, lists, creates and updates with one', async () => {
  await createOpportunity(service.api);
  const { id } = await createOpportunity(service.api);
  const { api } = service;
  expect(await trips(() => api.get(`/opportunity/${id}`))).toBe(1);
  expect(await trips(() => api.get('/opportunity'))).toBe(1);
  expect(await trips(() => api.get(`/opportunity?starting_after=${id}`))).toBe(1);
  expect(await trips(() => api.post('/opportunity', minimal))).toBe(1);
  expect(await trips((attempt) => api.patch(`/opportunity/${id}`, { title: `${attempt}` }))).toBe(1);
});

it('reads deals with their children with no more than without one moment for all of it', async () => {
  const { id } = await createOpportunity(service.api, { items: [{ qty: 1 }] });
  const { api } = service;
  // The commit, for which nobody waits, may be the last.
  expect(await trips(() => api.get(`/opportunity/${id}?expand=items,lost_reasons`))).toBeLessThanOrEqual(2);
  expect(await trips(() => api.get('/opportunity?expand=items,lost_reasons'))).toBeLessThanOrEqual(3);
  expect(await trips(() => api.get(`/opportunity/${id}/history`))).toBeLessThanOrEqual(2);
});

itAlone('deletes with three, as the children are read behind the lock', async () => {
  const ids: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) ids.push((await createOpportunity(service.api)).id);
  expect(await trips((attempt) => service.api.delete(`/opportunity/${ids[attempt]}`))).toBe(3);
});

itAlone('adds, changes, moves up, deletes and reorders line items with three', async () => {
  const items = Array.from({ length: 3 * ATTEMPTS }, () => ({ qty: 1 }));
  const { id, items: created } = await createOpportunity(service.api, { items });
  const ids: string[] = created.map((item: { id: string }) => item.id);
  const { api } = service;
  expect(await trips(() => addItem(api, id, { qty: 2, rate: 3 }))).toBe(3);
  expect(await trips(() => addItem(api, id, { idx: 1 }))).toBe(3);
  expect(await trips((attempt) => api.patch(`/opportunity-item/${ids[0]}`, { rate: attempt + 1 }))).toBe(3);
  expect(await trips((attempt) => api.patch(`/opportunity-item/${ids.at(-1 - attempt)}`, { idx: 1 }))).toBe(3);
  expect(await trips((attempt) => api.delete(`/opportunity-item/${ids[attempt]}`))).toBe(3);
  const listed: string[] = (await api.get(`/opportunity-item?parent_id=${id}`)).body.data.map(
    (item: { id: string }) => item.id,
  );
  const reorder = (): Promise<unknown> =>
    api.post('/opportunity-item/reorder', { parent_id: id, ids: listed.reverse() });
  expect(await trips(reorder)).toBe(3);
});

itAlone('creates a deal with ten line items with four', async () => {
  const items = Array.from({ length: 10 }, (_, n) => ({ qty: n, rate: 2 }));
  expect(await trips(() => service.api.post('/opportunity', { ...minimal, items }))).toBe(4);
});

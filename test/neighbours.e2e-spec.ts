import pg from 'pg';
import type { Answer, Json } from './support/client.js';
import { addItem, createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';
import { lockWaiters, until } from './support/until.js';

const POOL_SIZE = 6;
const HALF = POOL_SIZE / 2;

let service: Service;
/** Holds locks that the requests of the service wait for. */
let locker: pg.Client;

beforeEach(async () => {
  service = await startService({ DATABASE_POOL_SIZE: String(POOL_SIZE), DATABASE_CONNECT_TIMEOUT_MS: '3000' });
  locker = new pg.Client({ connectionString: service.database.url });
  await locker.connect();
  await locker.query('begin');
});
afterEach(async () => {
  await locker.end();
  await service.stop();
});

async function lockAll(): Promise<void> {
  await locker.query('select from opportunity for update');
}

/** Resolves when as many connections of the service wait for a lock. */
function waitingForLocks(expected: number): Promise<void> {
  return until(async () => (await lockWaiters(service.database)) === expected);
}

async function deals(count: number): Promise<Json[]> {
  return Promise.all(Array.from({ length: count }, () => createOpportunity(service.api)));
}

function patchAll(opportunities: Json[], body: object = { title: 'Blocked' }): Promise<Answer>[] {
  return opportunities.map(({ id }) => service.api.patch(`/opportunity/${String(id)}`, body));
}

describe('a workspace whose requests wait', () => {
  it('uses at most half of the connections while others are active, and is told that it waits for itself', async () => {
    const opportunities = await deals(POOL_SIZE * 2);
    await service.other.get('/opportunity');
    await lockAll();
    const blocked = patchAll(opportunities);
    const neighbour = await Promise.all(Array.from({ length: 20 }, () => service.other.get('/opportunity')));
    expect(neighbour.map(({ status }) => status)).toEqual(Array(20).fill(200));

    const refused: Answer[] = [];
    for (const answer of blocked) void answer.then((early) => refused.push(early));
    await until(() => refused.length >= POOL_SIZE * 2 - HALF);
    await locker.query('rollback');
    const statuses = (await Promise.all(blocked)).map(({ status }) => status);
    const served = statuses.filter((status) => status === 200);
    expect(served.length).toBeGreaterThan(0);
    expect(served.length).toBeLessThanOrEqual(HALF);
    expect(statuses.filter((status) => status === 429)).toHaveLength(POOL_SIZE * 2 - served.length);
    for (const { body, headers } of refused.slice(0, POOL_SIZE * 2 - HALF)) {
      expect(body.error).toMatchObject({ type: 'rate_limit_error', code: 'workspace_busy' });
      expect(headers.get('retry-after')).toBe('1');
    }
  });

  it('uses all of them when it is alone', async () => {
    const opportunities = await deals(POOL_SIZE);
    await lockAll();
    const blocked = patchAll(opportunities);
    await waitingForLocks(POOL_SIZE);
    await locker.query('rollback');
    expect((await Promise.all(blocked)).map(({ status }) => status)).toEqual(Array(POOL_SIZE).fill(200));
  });
});

describe('writers of one opportunity', () => {
  it('wait for each other without a connection, whatever they write and however they name it', async () => {
    const [opportunity] = await deals(1);
    const id = String(opportunity.id);
    const item = await addItem(service.api, id);
    await lockAll();
    const { api } = service;
    const writes = [
      ...patchAll(Array(4).fill(opportunity), { conversion_rate: 2 }),
      api.patch(`/opportunity-item/${String(item.id)}`, { qty: 2 }),
      api.post('/opportunity-item', { opportunity_id: id }),
      api.post('/opportunity-item', { opportunity_id: id }, { 'Idempotency-Key': 'item' }),
      api.post(`/opportunity/${id}/convert`, undefined),
      api.request('PUT', `/opportunity/${id}/lost-reasons`, { body: { lost_reasons: [] } }),
    ];
    await waitingForLocks(1);
    expect((await api.get('/opportunity')).status).toBe(200);
    await waitingForLocks(1);
    await locker.query('rollback');
    for (const { status } of await Promise.all(writes)) expect([200, 201]).toContain(status);
    const read = await api.get(`/opportunity/${id}?expand=items`);
    expect(read.body).toMatchObject({ conversion_rate: 2, status: 'Converted' });
  });
});

describe('the work of a request', () => {
  it('ends when its client leaves, also in the middle of a statement', async () => {
    const [opportunity] = await deals(1);
    await lockAll();
    const client = new AbortController();
    const request = fetch(`${service.origin}/api/crm/opportunity/${String(opportunity.id)}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${service.api.key ?? ''}`, 'content-type': 'application/json' },
      body: '{"title": "Left"}',
      signal: client.signal,
    });
    await waitingForLocks(1);
    client.abort();
    await expect(request).rejects.toThrow();
    await waitingForLocks(0);
    await locker.query('rollback');
    expect((await service.api.get(`/opportunity/${String(opportunity.id)}`)).body.title).toBeNull();
  });
});

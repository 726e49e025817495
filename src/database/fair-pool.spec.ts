import type { PoolClient } from 'pg';
import { Deadline } from '../common/call/deadline.js';
import { AnswerTooLargeError, asAnswer } from '../common/table/answer-limit.js';
import { cloneDatabase, type TestDatabase } from '../../test/support/database.js';
import { FairPool } from './fair-pool.js';
import { ServiceClient } from './service-client.js';

let database: TestDatabase;
let pool: FairPool;
/** What the pool takes for the time: a busy machine does not make work slow here. */
let now = performance.now();
const pass = (milliseconds: number): void => void (now += milliseconds);

beforeAll(async () => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  database = await cloneDatabase();
  const client: object = { Client: ServiceClient, silenceTimeoutMillis: 60_000, mostAnswerBytes: 1000, pipeline: true };
  pool = new FairPool({ connectionString: database.url, max: 8, activeMs: 1500, slowMs: 20, ...client });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(() => {
  pass(10_000);
});

const budgetOf = (workspaceId: string): { workspaceId: string; deadline: Deadline } => ({
  workspaceId,
  deadline: new Deadline(Infinity),
});

/** Has another workspace use the pool, so that the one of the test is not alone. */
async function useAsNeighbour(): Promise<void> {
  (await pool.acquire(budgetOf('neighbour'))).release();
}

const acquire = (count: number): Promise<PoolClient>[] =>
  Array.from({ length: count }, () => pool.acquire(budgetOf('busy')));

describe('a workspace beside another', () => {
  it('gets half of the connections, and the rest once its neighbours are inactive', async () => {
    const [first, ...quick] = await Promise.all(acquire(5));
    await useAsNeighbour();
    for (const client of quick) client.release();
    const asked = acquire(4);
    expect(pool.waitingRequests).toBe(1);
    pass(2000);
    for (const client of await Promise.all(asked)) client.release();
    first?.release();
  });

  it('begins with one connection after a pause, and gets one more whenever its work has ended', async () => {
    await useAsNeighbour();
    const [first, second, third, fourth] = acquire(4);
    expect(pool.waitingRequests).toBe(3);
    (await first)?.release();
    const two = await Promise.all([second, third]);
    expect(pool.waitingRequests).toBe(1);
    for (const client of two) client?.release();
    (await fourth)?.release();
  });

  it('gets a second connection when its first work takes long', async () => {
    await useAsNeighbour();
    const [asked, waiting] = acquire(2);
    expect(pool.waitingRequests).toBe(1);
    const first = await asked;
    pass(40);
    (await waiting)?.release();
    first?.release();
  });

  it('gets no further connection while half of its share is slow', async () => {
    const slow = await Promise.all(acquire(2));
    pass(40);
    await useAsNeighbour();
    const [third] = acquire(1);
    expect(pool.waitingRequests).toBe(1);
    slow[0]?.release();
    (await third)?.release();
    slow[1]?.release();
  });

  it('gets no more than that from the first moment where its last work was slow', async () => {
    const slow = await Promise.all(acquire(2));
    pass(40);
    await useAsNeighbour();
    slow[0]?.release();
    const asked = acquire(2);
    expect(pool.waitingRequests).toBe(1);
    for (const client of asked) (await client).release();
    slow[1]?.release();
  });

  it('gets one connection at a time for a while after one of its answers was too large', async () => {
    await useAsNeighbour();
    const [client] = await Promise.all(acquire(1));
    const large = client?.query(asAnswer(`select repeat('x', 600) from generate_series(1, 3)`));
    await expect(large).rejects.toThrow(AnswerTooLargeError);
    client?.release();
    const [second, third, fourth] = acquire(3);
    (await second)?.release();
    const held = await third;
    expect(pool.waitingRequests).toBe(1);
    held?.release();
    (await fourth)?.release();
  });

  it('does not hold up what the service asks for itself, however slow that is', async () => {
    const slow = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    pass(40);
    await useAsNeighbour();
    slow.push(await pool.acquire());
    for (const client of slow) client.release();
  });
});

it('lets PostgreSQL work in several processes for a workspace only while that is alone', async () => {
  const workers = async (): Promise<string | undefined> => {
    const client = await pool.acquire(budgetOf('busy'));
    try {
      const { rows } = await client.query<{ max_parallel_workers: string }>('show max_parallel_workers');
      return rows[0]?.max_parallel_workers;
    } finally {
      client.release();
    }
  };
  await useAsNeighbour();
  expect(await workers()).toBe('0');
  pass(2000);
  expect(Number(await workers())).toBeGreaterThan(0);
  await useAsNeighbour();
  expect(await workers()).toBe('0');
});

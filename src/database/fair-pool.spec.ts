import { setTimeout as wait } from 'node:timers/promises';
import { Deadline } from '../common/call/deadline.js';
import { cloneDatabase, type TestDatabase } from '../../test/support/database.js';
import { FairPool } from './fair-pool.js';

let database: TestDatabase;
let pool: FairPool;

beforeAll(async () => {
  database = await cloneDatabase();
  pool = new FairPool({ connectionString: database.url, max: 4, activeMs: 100 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const budgetOf = (workspaceId: string): { workspaceId: string; deadline: Deadline } => ({
  workspaceId,
  deadline: new Deadline(Infinity),
});

it('gives a workspace that waits the free connections once its neighbours are inactive', async () => {
  (await pool.acquire(budgetOf('neighbour'))).release();
  const held = [await pool.acquire(budgetOf('busy')), await pool.acquire(budgetOf('busy'))];
  const third = pool.acquire(budgetOf('busy'));
  await wait(0);
  expect(pool.waitingRequests).toBe(1);
  for (const client of [...held, await third]) client.release();
});

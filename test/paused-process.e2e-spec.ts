import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { freePort, StartedService } from './support/started-service.js';
import { lockWaiters, until } from './support/until.js';

/* A process that does not run for a while, as under SIGSTOP or on a machine without a free core, while its database answers. */

const LIMITS = {
  DATABASE_POOL_SIZE: '2',
  DATABASE_CONNECT_TIMEOUT_MS: '1500',
  DATABASE_STATEMENT_TIMEOUT_MS: '1500',
  DATABASE_LOCK_TIMEOUT_MS: '1500',
  METRICS_TOKEN: 'metrics-token-of-a-test',
};
/** Past every limit above, and what is added to them. */
const PAUSE_MS = 2500;

let directory: string;
let database: TestDatabase;
let service: StartedService;
let key: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crm-paused-'));
  database = await cloneDatabase();
  key = generateKey('test');
  const environment = { PORT: await freePort(), DATABASE_URL: database.url, BOOTSTRAP_API_KEY: key, ...LIMITS };
  service = await new StartedService(directory, environment).started();
});
afterAll(async () => {
  await service.kill();
  await database.drop();
  await rm(directory, { recursive: true });
});

async function list(): Promise<number> {
  const response = await fetch(service.printed('API'), { headers: { authorization: `Bearer ${key}` } });
  await response.arrayBuffer();
  return response.status;
}

/** Requests that wait for one of the two connections. */
async function waitingRequests(): Promise<number> {
  const headers = { authorization: `Bearer ${LIMITS.METRICS_TOKEN}` };
  const text = await (await fetch(new URL('/metrics', service.printed('API')), { headers })).text();
  return Number(/^db_pool_waiting_requests(?:{.*})? (\d+)$/m.exec(text)?.[1]);
}

it('gives the answers that came while the process was paused, also to those that waited for a connection', async () => {
  const blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
  // Also makes the key known, so that what follows asks for the list alone.
  expect(await list()).toBe(200);
  await blocker.query('begin; lock table opportunity in access exclusive mode');
  const answers = Promise.all([1, 2, 3, 4].map(list));
  await until(async () => (await lockWaiters(database)) >= 2 && (await waitingRequests()) >= 2);
  service.signal('SIGSTOP');
  await blocker.query('rollback');
  await until(async () => (await lockWaiters(database)) === 0);
  await delay(PAUSE_MS);
  service.signal('SIGCONT');
  expect(await answers).toEqual([200, 200, 200, 200]);
  await blocker.end();
});

import { get } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { minimal } from './support/fixtures.js';
import { freePort, StartedService } from './support/started-service.js';
import { lockWaiters, until } from './support/until.js';

const KEY = generateKey('test');
const HEADERS = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };

let directory: string;
let database: TestDatabase;
let service: StartedService;
/** Of the list of opportunities. */
let url: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crm-workers-'));
  database = await cloneDatabase();
  await database.query('drop schema public cascade');
  await database.query('create schema public');
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => service.kill());

async function start(): Promise<void> {
  await launch();
  await service.started();
}

async function launch(more: Record<string, string> = {}): Promise<void> {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/api/crm/opportunity`;
  service = new StartedService(directory, {
    PORT: port,
    WEB_CONCURRENCY: '2',
    DATABASE_URL: database.url,
    BOOTSTRAP_API_KEY: KEY,
    // An update that waits for a lock is to wait until the test lets go of it.
    DATABASE_STATEMENT_TIMEOUT_MS: '60000',
    DATABASE_LOCK_TIMEOUT_MS: '60000',
    SHUTDOWN_TIMEOUT_MS: '60000',
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'info',
    ...more,
  });
}

/** A request on a connection of its own, as connections are what the workers share. */
function request(): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    // At the very end a connection can be accepted that no worker takes any more; it is reset with the last process.
    const signal = AbortSignal.timeout(2000);
    get(url, { agent: false, headers: HEADERS, signal }, (response) => {
      response.resume().once('end', () => {
        resolve(response.statusCode);
      });
    }).once('error', reject);
  });
}

/** The processes that have answered so far, by the lines they logged. */
function answering(): number[] {
  const lines = service.output.split('\n').filter((line) => line.includes('"msg":"request"'));
  return [...new Set(lines.map((line) => (JSON.parse(line) as { pid: number }).pid))];
}

async function answeredBy(count: number): Promise<number[]> {
  await until(async () => {
    expect(await request()).toBe(200);
    return answering().length >= count;
  });
  return answering();
}

/** An update that is under way, and waits for a lock. */
async function blockedUpdate(): Promise<{ answer: Promise<unknown>; release: () => Promise<void> }> {
  const created = await fetch(url, { method: 'POST', headers: HEADERS, body: JSON.stringify(minimal) });
  const { id } = (await created.json()) as { id: string };
  const blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('select from opportunity where id = $1 for update', [id]);
  const update = fetch(`${url}/${id}`, { method: 'PATCH', headers: HEADERS, body: '{"title":"In flight"}' });
  const answer = update.then(
    (response) => response.json(),
    () => 'cut off',
  );
  await until(async () => (await lockWaiters(database)) > 0);
  const release = async (): Promise<void> => {
    await blocker.query('commit');
    await blocker.end();
  };
  return { answer, release };
}

function refusesConnections(): Promise<void> {
  return until(() =>
    request().then(
      () => false,
      () => true,
    ),
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function gone(pids: number[]): Promise<void> {
  return until(() => !pids.some(isAlive));
}

it('serves one port with several processes, replaces one that is killed, and finishes what is in flight at the end', async () => {
  await start();
  const [victim = 0, other] = await answeredBy(2);
  expect([victim, other]).not.toContain(service.pid);
  expect(service.output.match(/Swagger UI/g)).toHaveLength(1);

  // The new one finds the schema as it is, and does not compare it.
  await database.query('create table not_of_this_version (id int)');
  await database.query('alter table opportunity add not_of_this_version int');
  process.kill(victim, 'SIGKILL');
  await service.prints(/a worker process ended/);
  const workers = await answeredBy(3);
  expect(isAlive(victim)).toBe(false);
  await database.query('alter table opportunity drop not_of_this_version');
  await database.query('drop table not_of_this_version');

  const { answer, release } = await blockedUpdate();
  service.signal('SIGTERM');
  await refusesConnections();
  await release();
  expect(await answer).toEqual(expect.objectContaining({ title: 'In flight' }));
  expect(await service.exit()).toBe(0);
  expect(workers.filter(isAlive)).toEqual([]);
});

describe('a service that is told to stop, while a library listens for messages in its processes, ends', () => {
  const listening = `import cluster from 'node:cluster';
    if (cluster.isWorker) process.on('message', () => undefined) && console.log('a process loads');`;
  const environment = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(listening)}` };

  it('in the middle of its start', async () => {
    await launch(environment);
    await service.prints(/(a process loads[^]*){2}/);
    service.signal('SIGTERM');
    expect(await service.exit()).toBe(0);
    expect(service.output).not.toMatch(/did not start/);
  });

  it('while the successor of a process starts', async () => {
    await launch(environment);
    await service.started();
    const [victim = 0] = await answeredBy(2);
    process.kill(victim, 'SIGKILL');
    await service.prints(/(a process loads[^]*){3}/);
    service.signal('SIGTERM');
    expect(await service.exit()).toBe(0);
  });
});

it('leaves no process behind when it is killed', async () => {
  await start();
  const workers = await answeredBy(2);
  await service.kill();
  await gone(workers);
});

it('ends at once when it is told twice', async () => {
  await start();
  const workers = await answeredBy(2);
  const { answer, release } = await blockedUpdate();
  service.signal('SIGINT');
  await refusesConnections();
  // One Ctrl-C can arrive twice; the second one has to come later than that.
  await delay(600);
  service.signal('SIGINT');
  expect(await service.exit()).toBe(1);
  expect(await answer).toBe('cut off');
  await gone(workers);
  await release();
});

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { OperatorKeys } from '../src/auth/operator-keys.js';
import { loadConfig } from '../src/config/config.js';
import { dataSourceOptions } from '../src/database/data-source.js';
import { prepareSchema } from '../src/database/migrate.js';
import { createApp } from '../src/server/create-app.js';
import { createLogger } from '../src/server/logger.js';
import { consumersAtRest } from './support/consumers-at-rest.js';
import { Client, type Answer, type Json } from './support/client.js';
import { createOpportunity, minimal } from './support/fixtures.js';
import { PostgresServer } from './support/postgres-server.js';
import { schemaCheck } from './support/schema-check.js';
import { documentOf } from './support/service.js';
import { lockWaiters, until } from './support/until.js';

const POOL_SIZE = 4;
const QUEUE_SIZE = 20;

let postgres: PostgresServer;
let app: NestFastifyApplication;
let keys: Client[];
let api: Client;

beforeAll(async () => {
  postgres = await PostgresServer.create();
  const config = loadConfig({
    LOG_LEVEL: 'silent',
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    DATABASE_QUEUE_SIZE: String(QUEUE_SIZE),
    DATABASE_CONNECT_TIMEOUT_MS: '700',
    DATABASE_STATEMENT_TIMEOUT_MS: '1000',
    DATABASE_LOCK_TIMEOUT_MS: '800',
  });
  await prepareSchema(config, postgres.url);
  app = await createApp(config, postgres.url, createLogger(config));
  await app.listen(0, '127.0.0.1');
  const origin = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const check = schemaCheck(await documentOf(origin));
  keys = (await threeKeys()).map((secret) => new Client(origin, secret, check));
  [api] = keys as [Client];
}, 60_000);
afterAll(async () => {
  await app.close();
  await postgres.destroy();
});

/** Made on a connection of their own, which has more time than those of the service: this machine may be busy. */
async function threeKeys(): Promise<string[]> {
  const patient = loadConfig({ DATABASE_STATEMENT_TIMEOUT_MS: '60000' });
  const dataSource = await new DataSource({ ...dataSourceOptions(patient, postgres.url), poolSize: 1 }).initialize();
  const operator = new OperatorKeys(dataSource);
  const secrets: string[] = [];
  for (const name of ['first', 'second', 'third'])
    secrets.push(
      (await operator.create({ workspace: 'default', name, scopes: ['read', 'write'], mode: 'test' })).secret,
    );
  await dataSource.destroy();
  return secrets;
}

/** One request of each kind, all at once; `fresh` has a key that no request has used, which the database has to verify. */
async function calls(fresh = api): Promise<Answer[]> {
  return Promise.all([
    api.get('/opportunity'),
    api.get('/opportunity/opportunity_abc123'),
    api.post('/opportunity', minimal),
    api.post('/opportunity', minimal, { 'Idempotency-Key': randomUUID() }),
    api.delete('/opportunity/opportunity_abc123'),
    fresh.get('/opportunity'),
  ]);
}

function expectUnavailable(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(answer.body.error).toMatchObject({ type: 'api_error', code: 'service_unavailable' });
  expect(answer.body.error.request_id).toBe(answer.headers.get('request-id'));
}

/** Asks until the service answers as usual; the test's own time limit is the bound. */
async function recovered(): Promise<void> {
  await until(async () => (await api.get('/opportunity')).status === 200);
  await until(async () => (await api.post('/opportunity', minimal)).status === 201);
}

/** The service's connections, when none is in use any more. */
async function connections(): Promise<number> {
  for (;;) {
    const [{ open, used } = { open: 0, used: 1 }] = await postgres.query<{ open: number; used: number }>(
      `select count(*)::int as open, count(*) filter (where state <> 'idle')::int as used from pg_stat_activity
        where application_name = 'crm-opportunity-service'`,
    );
    if (used === 0) return open;
  }
}

afterEach(async () => {
  await recovered();
  expect(await connections()).toBeLessThanOrEqual(POOL_SIZE);
});

it('answers 503 while the server is down, and as usual when it is back', async () => {
  const kept: Json = await createOpportunity(api);
  await postgres.kill();
  (await calls(keys[1])).forEach(expectUnavailable);
  expect((await api.get('//health/ready')).status).toBe(503);
  await postgres.start();
  await recovered();
  expect((await api.get(`/opportunity/${kept.id}`)).body).toEqual(kept);
});

it('answers 503 while the server is frozen, without waiting for it', async () => {
  await calls();
  await postgres.freeze();
  try {
    (await calls(keys[2])).forEach(expectUnavailable);
  } finally {
    await postgres.thaw();
  }
});

it('does not use a connection again whose statement was never answered', async () => {
  const backends = `select pid from pg_stat_activity where application_name = 'crm-opportunity-service'`;
  await calls();
  // A consumer that is stopped in its transaction would keep its locks, and requests that need them could not be served.
  // One that lost the database in a test before keeps its lease for a minute, or pauses; nobody waits for that here.
  await postgres.query('update consumer_position set leased_until = null, next_attempt_at = null');
  await consumersAtRest({ app, api, database: postgres });
  // Nothing is left to number, and nothing is written below: a statement that numbers may take its time, and keeps its connection.
  await api.get('//api/events');
  const before = await postgres.query<{ pid: number }>(backends);
  expect(before.length).toBeGreaterThan(0);
  for (const { pid } of before) process.kill(pid, 'SIGSTOP');
  try {
    // More requests than connections, so that each has been tried and given up.
    await Promise.all(Array.from({ length: POOL_SIZE * 2 }, () => api.get('/opportunity')));
    await until(async () => (await api.get('/opportunity')).status === 200);
  } finally {
    for (const { pid } of before) process.kill(pid, 'SIGCONT');
  }
  let left = before;
  while (left.length > 0)
    left = (await postgres.query<{ pid: number }>(backends)).filter(({ pid }) => before.some((old) => old.pid === pid));
});

it('outlives the loss of its connections, idle or in the middle of a transaction', async () => {
  const { id } = await createOpportunity(api);
  const blocker = new pg.Client({ connectionString: postgres.url });
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('select from opportunity where id = $1 for update', [id]);
  const answer = api.post('/opportunity-item', { opportunity_id: id }, { 'Idempotency-Key': randomUUID() });
  await until(async () => (await lockWaiters(postgres)) > 0);
  await blocker.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'crm-opportunity-service'`);
  expectUnavailable(await answer);
  await blocker.end();
  await recovered();
  expect((await api.get(`/opportunity/${id}`)).body).toMatchObject({ id, opportunity_amount: 0 });
});

it('meets the loss of a connection at any moment of a request with a 503', async () => {
  const statuses = new Set<number>();
  for (let round = 0; round < 40; round += 1) {
    const answers = Promise.all([calls(), calls(keys[1])]);
    await postgres.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'crm-opportunity-service'`);
    for (const { status } of (await answers).flat()) statuses.add(status);
  }
  // A request that waited too long behind others of its workspace is told so by a 429.
  expect([...statuses].filter((status) => ![200, 201, 404, 429, 503].includes(status))).toEqual([]);
  expect(statuses).toContain(503);
});

it('answers 503 to writes while the server takes none, as one that has become a standby', async () => {
  await postgres.query('alter system set default_transaction_read_only = on');
  await postgres.query('select pg_reload_conf()');
  let answer = await api.post('/opportunity', minimal);
  await until(async () => (answer = await api.post('/opportunity', minimal)).status !== 201);
  expectUnavailable(answer);
  await postgres.query('alter system reset default_transaction_read_only');
  await postgres.query('select pg_reload_conf()');
});

describe('when every connection is in use', () => {
  it('answers 503 to who waits too long, and at once to those beyond the queue', async () => {
    const lock = postgres.query('begin; lock table opportunity; select pg_sleep(3); commit');
    const locks = `select from pg_locks where mode = 'AccessExclusiveLock'`;
    await until(async () => (await postgres.query(locks)).length > 0);
    const answered: string[] = [];
    const count = POOL_SIZE + QUEUE_SIZE + 10;
    const answers = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const answer = await api.get('/opportunity');
        answered.push(index < POOL_SIZE ? 'connected' : 'waiting');
        return answer;
      }),
    );
    // The time of a request may end while it still waits behind others of its workspace.
    for (const answer of answers)
      if (answer.status === 429) expect(answer.body.error.code).toBe('workspace_busy');
      else expectUnavailable(answer);
    // Those beyond the queue were answered before any of those that have a connection.
    expect(answered.slice(0, 10)).toEqual(Array<string>(10).fill('waiting'));
    await lock;
  });
});

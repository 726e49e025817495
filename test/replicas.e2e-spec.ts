import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import 'reflect-metadata';
import { OperatorKeys } from '../src/auth/operator-keys.js';
import { loadConfig } from '../src/config/config.js';
import { prepareSchema } from '../src/database/migrate.js';
import { createApp } from '../src/server/create-app.js';
import { createLogger } from '../src/server/logger.js';
import { Client, type Answer } from './support/client.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { PostgresServer } from './support/postgres-server.js';
import { schemaCheck } from './support/schema-check.js';
import { documentOf } from './support/service.js';
import { standbyOf } from './support/standby.js';
import { freePort } from './support/started-service.js';
import { until } from './support/until.js';

const STALE_OK = { prefer: 'stale-ok' };
const APPLIED = 'preference-applied';

let primary: PostgresServer;
let standby: PostgresServer;
let apps: NestFastifyApplication[];
/** Takes a replica however far it is behind. */
let patient: Client;
/** Takes one that is 400 ms behind, at most. */
let strict: Client;

beforeAll(async () => {
  primary = await PostgresServer.create();
  await prepareSchema(loadConfig({}), primary.url);
  standby = await standbyOf(primary);
  const first = await appWith('3600000');
  const second = await appWith('400');
  apps = [first, second];
  const keys = first.get(OperatorKeys);
  const { secret } = await keys.create({ workspace: 'default', name: 'test', scopes: ['read', 'write'], mode: 'test' });
  patient = await clientOf(first, secret);
  strict = await clientOf(second, secret);
}, 120_000);
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await standby.destroy();
  await primary.destroy();
});

/** With a replica that is there, and one that never is. */
async function appWith(maxLag: string): Promise<NestFastifyApplication> {
  const nowhere = `postgres://nobody:secret@127.0.0.1:${await freePort()}/crm`;
  const config = loadConfig({
    LOG_LEVEL: 'silent',
    // The replica gets half of it, so that a busy machine has seconds to spare.
    DATABASE_STATEMENT_TIMEOUT_MS: '6000',
    DATABASE_REPLICA_URLS: `${nowhere}, ${standby.url}`,
    DATABASE_REPLICA_MAX_LAG_MS: maxLag,
  });
  const app = await createApp(config, primary.url, createLogger(config));
  await app.listen(0, '127.0.0.1');
  return app;
}

async function clientOf(app: NestFastifyApplication, secret: string): Promise<Client> {
  const origin = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return new Client(origin, secret, schemaCheck(await documentOf(origin)));
}

async function answered(api: Client, path: string, by: 'replica' | 'primary'): Promise<Answer> {
  for (;;) {
    const answer = await api.get(path, STALE_OK);
    if ((answer.headers.get(APPLIED) === 'stale-ok') === (by === 'replica')) return answer;
  }
}

/** Until the replica has what the primary has written so far. */
async function caughtUp(): Promise<void> {
  const [{ lsn } = { lsn: '' }] = await primary.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
  const behind = `select from pg_last_wal_replay_lsn() replayed where replayed < '${lsn}'`;
  await until(async () => (await standby.query(behind)).length === 0);
}

beforeEach(async () => {
  await caughtUp();
  await answered(patient, '/opportunity', 'replica');
});

describe('a GET with Prefer: stale-ok', () => {
  it('is answered by a replica, which has what the primary had a moment ago', async () => {
    const { id } = await createOpportunity(patient, { title: 'Before' });
    const { id: itemId } = await addItem(patient, id);
    const { id: reasonId } = await addReason(patient, id);
    await caughtUp();
    await standby.query('select pg_wal_replay_pause()');
    await patient.patch(`/opportunity/${id}`, { title: 'After' });
    await patient.patch(`/opportunity-item/${itemId}`, { qty: 7 });
    await patient.delete(`/opportunity-lost-reason-detail/${reasonId}`);

    const paths = [
      `/opportunity/${id}`,
      `/opportunity?title=Before`,
      `/opportunity/${id}?expand=items`,
      `/opportunity-item/${itemId}`,
      `/opportunity-item?parent_id=${id}`,
      `/opportunity-lost-reason-detail/${reasonId}`,
      `/opportunity-lost-reason-detail?parent_id=${id}`,
    ];
    for (const path of paths) {
      const stale = await patient.get(path, STALE_OK);
      expect({ path, status: stale.status, applied: stale.headers.get(APPLIED) }).toEqual({
        path,
        status: 200,
        applied: 'stale-ok',
      });
      const current = await patient.get(path);
      expect(current.headers.get(APPLIED)).toBeNull();
      expect(current.text).not.toBe(stale.text);
    }
    await standby.query('select pg_wal_replay_resume()');
  });

  it('takes part in conditional reads, and says so of a 404 as well', async () => {
    const { id } = await createOpportunity(patient);
    await caughtUp();
    const etag = (await patient.get(`/opportunity/${id}`)).headers.get('etag') ?? '';
    const known = await patient.get(`/opportunity/${id}`, { ...STALE_OK, 'if-none-match': etag });
    expect([known.status, known.headers.get(APPLIED)]).toEqual([304, 'stale-ok']);
    const missing = await patient.get('/opportunity/opportunity_abc123', STALE_OK);
    expect([missing.status, missing.headers.get(APPLIED)]).toEqual([404, 'stale-ok']);
  });

  it('is understood among other preferences, and by no other name', async () => {
    const applied = async (prefer: string): Promise<string | null> =>
      (await patient.get('/opportunity', { prefer })).headers.get(APPLIED);
    expect(await applied('handling=strict, stale-ok')).toBe('stale-ok');
    expect(await applied('stale-ok; max=5, wait=10')).toBe('stale-ok');
    expect(await applied('stale')).toBeNull();
    expect(await applied('handling=strict')).toBeNull();
  });

  it('is nothing to a write', async () => {
    const created = await patient.post('/opportunity', minimal, STALE_OK);
    expect([created.status, created.headers.get(APPLIED)]).toEqual([201, null]);
    const both = await patient.patch(
      `/opportunity/${String(created.body.id)}`,
      { title: 'X' },
      { prefer: 'stale-ok, handling=strict' },
    );
    expect([both.status, both.headers.get(APPLIED)]).toEqual([200, 'handling=strict']);
  });
});

describe('the primary answers instead', () => {
  it('while the replica is further behind than the limit, and not because nobody writes', async () => {
    const { id } = await createOpportunity(strict, { title: 'Before' });
    await answered(strict, `/opportunity/${id}`, 'replica');
    await standby.query('select pg_wal_replay_pause()');
    await strict.patch(`/opportunity/${id}`, { title: 'After' });
    const current = await answered(strict, `/opportunity/${id}`, 'primary');
    expect(current.body.title).toBe('After');
    await standby.query('select pg_wal_replay_resume()');
    expect((await answered(strict, `/opportunity/${id}`, 'replica')).body.title).toBe('After');
  });

  it('when the replica is killed, without a request failing, until it is back', async () => {
    const { id } = await createOpportunity(patient);
    await caughtUp();
    await patient.get(`/opportunity/${id}`, STALE_OK);
    await standby.kill();
    for (let count = 0; count < 20; count++) {
      const answer = await patient.get(`/opportunity/${id}`, STALE_OK);
      expect([answer.status, answer.headers.get(APPLIED)]).toEqual([200, null]);
    }
    await standby.start();
    await answered(patient, `/opportunity/${id}`, 'replica');
  });

  it('when the replica does not answer, within the time a request has', async () => {
    await standby.freeze();
    const answers = await Promise.all([1, 2, 3].map(() => patient.get('/opportunity', STALE_OK)));
    await standby.thaw();
    expect(answers.map(({ status, headers }) => [status, headers.get(APPLIED)])).toEqual([
      [200, null],
      [200, null],
      [200, null],
    ]);
  });

  it('when what was a replica has become a primary', async () => {
    const { id } = await createOpportunity(patient, { title: 'Before' });
    await caughtUp();
    await standby.query('select pg_promote()');
    await patient.patch(`/opportunity/${id}`, { title: 'After' });
    expect((await answered(patient, `/opportunity/${id}`, 'primary')).body.title).toBe('After');
    const next = await patient.get(`/opportunity/${id}`, STALE_OK);
    expect(next.headers.get(APPLIED)).toBeNull();
  });
});

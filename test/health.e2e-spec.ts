import { Shutdown } from '../src/health/shutdown.js';
import type { Json } from './support/client.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { DatabaseProxy } from './support/database-proxy.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService, type Service } from './support/service.js';
import { freePort, StartedService } from './support/started-service.js';
import { until } from './support/until.js';

interface Health {
  status: number;
  body: Json;
}

async function health(origin: string, state: 'live' | 'ready'): Promise<Health> {
  const answer = await fetch(`${origin}/health/${state}`);
  return { status: answer.status, body: await answer.json() };
}

/** Only what is stable: how long a check took is not. */
function outcomes(checks: Json): Record<string, [string, string?]> {
  return Object.fromEntries(
    Object.entries<Json>(checks).map(([name, { status, message }]) => [name, message ? [status, message] : [status]]),
  );
}

const LIVE = { status: 200, body: { status: 'ok', info: {}, error: {}, details: {} } };

describe('with everything in place', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('is alive', async () => {
    expect(await health(service.origin, 'live')).toEqual(LIVE);
  });

  it('is ready: database and migrations; nothing is said of a disk that is not ours', async () => {
    const { status, body } = await health(service.origin, 'ready');
    expect([status, body.status, body.error]).toEqual([200, 'ok', {}]);
    expect(outcomes(body.details)).toEqual({ database: ['up'], migrations: ['up'] });
    expect(body.info).toEqual(body.details);
  });

  it('answers as the document says', async () => {
    const { paths } = service.document as Json;
    const { 200: ready, 503: notReady } = paths['/health/ready'].get.responses;
    expect(Object.keys(notReady.content['application/json'].examples)).toEqual(['error', 'shutting_down']);
    const { value } = ready.content['application/json'].examples.ready;
    const { body } = await health(service.origin, 'ready');
    expect(Object.keys(body)).toEqual(Object.keys(value));
    expect(Object.keys(body.details.database).sort()).toEqual(Object.keys(value.details.database).sort());
  });

  it('is not ready when the schema lacks a migration of this version', async () => {
    const names = await service.database.query<{ name: string }>('delete from migrations returning timestamp, name');
    const { status, body } = await health(service.origin, 'ready');
    expect([status, body.status]).toEqual([503, 'error']);
    expect(outcomes(body.error)).toEqual({ migrations: ['down', `Migrations are pending: ${names.length}.`] });
    await service.database.query(
      'insert into migrations (timestamp, name) select timestamp, name from jsonb_populate_recordset(null::migrations, $1)',
      [JSON.stringify(names)],
    );
    expect((await health(service.origin, 'ready')).status).toBe(200);
  });

  it('is not ready, though alive, once it has been told to end', async () => {
    service.app.get(Shutdown).begin();
    expect(await health(service.origin, 'ready')).toEqual({
      status: 503,
      body: { status: 'shutting_down', info: {}, error: {}, details: {} },
    });
    expect(await health(service.origin, 'live')).toEqual(LIVE);
  });
});

describe('when the database fails', () => {
  let directory: string;
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  let service: StartedService;
  let origin: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crm-health-'));
    database = await cloneDatabase();
    proxy = await DatabaseProxy.to(database.url);
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    service = await new StartedService(directory, { PORT: port, DATABASE_URL: proxy.url }).started();
  });
  afterAll(async () => {
    await service.kill();
    await proxy.refuse();
    await database.drop();
    await rm(directory, { recursive: true });
  });

  const silent = ['down', 'The database does not answer.'];

  it('is not ready without it, though alive, tells no address, and is ready again once it is back', async () => {
    await proxy.refuse();
    const { status, body } = await health(origin, 'ready');
    expect([status, body.status, body.info]).toEqual([503, 'error', {}]);
    expect(outcomes(body.error)).toEqual({ database: silent, migrations: silent });
    expect(await health(origin, 'live')).toEqual(LIVE);
    await proxy.accept();
    expect((await health(origin, 'ready')).status).toBe(200);
  });

  it('says so within two seconds, to many at once, while it is frozen', async () => {
    proxy.freeze();
    const start = performance.now();
    const states = await Promise.all(Array.from({ length: 20 }, () => health(origin, 'ready')));
    expect(performance.now() - start).toBeLessThan(2000);
    expect(new Set(states.map(({ status }) => status))).toEqual(new Set([503]));
    expect(Object.keys(states[0]?.body.error)).toEqual(['database', 'migrations']);
    expect(await health(origin, 'live')).toEqual(LIVE);
    proxy.thaw();
    await until(async () => (await health(origin, 'ready')).status === 200);
  });
});

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import pg from 'pg';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { minimal } from './support/fixtures.js';
import { freePort, StartedService } from './support/started-service.js';
import { lockWaiters, until } from './support/until.js';

const KEY = generateKey('test');
const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };

let database: TestDatabase;
const services: StartedService[] = [];
beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.kill()));
  await database.drop();
});

async function start(environment: Record<string, string> = {}): Promise<{ service: StartedService; origin: string }> {
  const port = await freePort();
  const base = { PORT: port, DATABASE_URL: database.url, BOOTSTRAP_API_KEY: KEY };
  const service = new StartedService(tmpdir(), { ...base, ...environment });
  services.push(service);
  await service.started();
  return { service, origin: `http://127.0.0.1:${port}` };
}

const refused = (origin: string): Promise<boolean> =>
  fetch(`${origin}/health/live`).then(
    () => false,
    () => true,
  );

/** A request whose body does not end, on a connection of its own. */
async function unfinished(origin: string): Promise<Socket> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    `POST /api/crm/opportunity HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n',
  );
  // The service has the headers when it asks for the body.
  await once(socket, 'data');
  socket.write('{');
  return socket;
}

it('finishes what is under way, says that the connection ends, takes no new ones, and lets go of the database', async () => {
  const { service, origin } = await start();
  const url = `${origin}/api/crm/opportunity`;
  const created = await fetch(url, { method: 'POST', headers, body: JSON.stringify(minimal) });
  expect(created.headers.get('connection')).toBe('keep-alive');
  const { id } = (await created.json()) as { id: string };
  const blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('select from opportunity where id = $1 for update', [id]);
  const answer = fetch(`${url}/${id}`, { method: 'PATCH', headers, body: '{"title":"In flight"}' });
  await until(async () => (await lockWaiters(database)) === 1);
  service.signal('SIGTERM');
  await until(() => refused(origin));
  await blocker.query('commit');
  await blocker.end();
  expect((await answer).headers.get('connection')).toBe('close');
  expect(await (await answer).json()).toMatchObject({ id, title: 'In flight' });
  expect(await service.exit()).toBe(0);
  const connections = `select from pg_stat_activity where application_name = 'crm-opportunity-service' and datname = current_database()`;
  await until(async () => (await database.query(connections)).length === 0);
});

it('serves on for SHUTDOWN_DELAY_MS, not ready any more, and asks every client to connect elsewhere', async () => {
  const { service, origin } = await start({ SHUTDOWN_DELAY_MS: '3000' });
  const ready = async (): Promise<number> => (await fetch(`${origin}/health/ready`)).status;
  expect(await ready()).toBe(200);
  service.signal('SIGTERM');
  await until(async () => (await ready()) === 503);
  const answer = await fetch(`${origin}/api/crm/opportunity`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('connection')).toBe('close');
  expect(await service.exit()).toBe(0);
  expect(await refused(origin)).toBe(true);
});

it('cuts what takes longer than SHUTDOWN_TIMEOUT_MS, and still ends well', async () => {
  const { service, origin } = await start({ SHUTDOWN_TIMEOUT_MS: '200' });
  const socket = await unfinished(origin);
  const cut = once(socket, 'close');
  service.signal('SIGTERM');
  await cut;
  expect(await service.exit()).toBe(0);
});

it('ends at once on a second signal', async () => {
  const { service, origin } = await start({ SHUTDOWN_TIMEOUT_MS: '600000' });
  const socket = await unfinished(origin);
  service.signal('SIGTERM');
  await until(() => refused(origin));
  let code: number | string | undefined;
  void service.exit().then((exit) => (code = exit));
  await until(async () => {
    service.signal('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 20));
    return code !== undefined;
  });
  expect(code).toBe(1);
  socket.destroy();
});

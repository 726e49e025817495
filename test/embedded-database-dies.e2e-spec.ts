import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findCluster } from '../src/embedded-postgres/cluster-location.js';
import { runningEmbeddedUrl, startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import type { Json } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { freePort, StartedService } from './support/started-service.js';

let dataDir: string;
let service: StartedService;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'crm-dies-'));
  service = await new StartedService(dataDir, { PORT: await freePort(), DATA_DIR: dataDir }).started();
});
afterAll(async () => {
  await service.kill();
  // Only left over by a failed test: taking it over is the way to stop it.
  if ((await runningEmbeddedUrl(dataDir)) !== undefined)
    await (await startEmbeddedPostgres({ dataDir, log: () => undefined })).stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function call(path: string, body?: object): Promise<{ status: number; retry: string | null; body: Json }> {
  const headers = { authorization: `Bearer ${service.firstKey()}`, 'content-type': 'application/json' };
  const init = body && { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(service.printed('API') + path, { headers, ...init });
  return { status: response.status, retry: response.headers.get('retry-after'), body: await response.json() };
}

/** Asks until the condition holds and the answer is a success; whatever else is answered has to be a 503. */
async function untilServed(path: string, condition: () => Promise<boolean>): Promise<Json> {
  for (;;) {
    const holds = await condition();
    const { status, retry, body } = await call(path);
    if (status !== 200) expect([status, retry, body.error?.code]).toEqual([503, '1', 'service_unavailable']);
    else if (holds) return body;
  }
}

/** NaN while there is none. */
async function postmasterPid(): Promise<number> {
  const directory = (await findCluster(dataDir))?.directory ?? '';
  const file = await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => 'none');
  return Number(file.split('\n')[0]);
}

it('starts the database again when its server is killed, and serves what was in it', async () => {
  const kept = (await call('', minimal)).body;
  const killed = await postmasterPid();
  process.kill(killed, 'SIGKILL');
  const replaced = async (): Promise<boolean> => ![killed, NaN].includes(await postmasterPid());
  expect(await untilServed(`/${kept.id}`, replaced)).toEqual(kept);
  expect((await call('', minimal)).status).toBe(201);
});

it('goes on when one of the processes of the server is killed, which ends all connections', async () => {
  const kept = (await call('', minimal)).body;
  const client = new pg.Client({ connectionString: (await runningEmbeddedUrl(dataDir)) ?? '' });
  client.on('error', () => undefined);
  const ended = new Promise((resolve) => client.once('end', resolve));
  await client.connect();
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'crm-opportunity-service' limit 1`,
  );
  process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
  // Its own connection tells when the server has ended them all.
  await ended;
  expect(await untilServed(`/${kept.id}`, () => Promise.resolve(true))).toEqual(kept);
});

it('still stops cleanly, and takes the database with it', async () => {
  service.signal('SIGTERM');
  expect(await service.exit()).toBe(0);
  expect(await runningEmbeddedUrl(dataDir)).toBeUndefined();
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { transformFile } from '@swc/core';
import { Client } from 'pg';
import { runningEmbeddedUrl, startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import { until } from '../../test/support/until.js';

const settings = { fsync: 'off', shared_buffers: '16MB' };
const sourceDirectory = join(process.cwd(), 'src', 'embedded-postgres');

const SERVICE = `
  import { startEmbeddedPostgres } from './embedded-postgres.js';
  const log = (message) => console.log(message);
  const settings = ${JSON.stringify(settings)};
  await startEmbeddedPostgres({ dataDir: process.argv[2], log, settings });
  console.log('ready');`;

let compiled: string;
let dataDir: string;
let services: ChildProcess[];

/** A service in a process of its own runs plain JavaScript, which finds its packages through a link. */
async function compileService(): Promise<string> {
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'embedded-build-'));
  for (const name of await readdir(sourceDirectory)) {
    if (name.endsWith('.spec.ts')) continue;
    const { code } = await transformFile(join(sourceDirectory, name), { configFile: join(process.cwd(), '.swcrc') });
    await writeFile(join(directory, `${basename(name, '.ts')}.js`), code);
  }
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
  await writeFile(join(directory, 'service.js'), SERVICE);
  await symlink(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'), 'junction');
  return directory;
}

/** Resolves when the service has printed the line, which for "ready" means that it owns a running server. */
async function runServiceUntil(line: RegExp): Promise<ChildProcess> {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const service = spawn(process.execPath, [join(compiled, 'service.js'), dataDir], { stdio });
  services.push(service);
  for await (const printed of createInterface({ input: service.stdout })) if (line.test(printed)) return service;
  throw new Error(`the service ended without printing ${line.source}`);
}

async function kill(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const ended = once(service, 'exit');
  service.kill('SIGKILL');
  await ended;
}

function start(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: () => undefined, settings });
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ value: unknown }>(sql).finally(() => client.end());
  return rows.map((row) => row.value);
}

async function postmasterPid(): Promise<number> {
  return Number((await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

beforeAll(async () => {
  compiled = await compileService();
});

afterAll(() => rm(compiled, { recursive: true, force: true }));

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'embedded-data-'));
  services = [];
});

afterEach(async () => {
  await Promise.all(services.map(kill));
  // Whatever a test left running is an orphan by now: adopting it is the way to stop it.
  if ((await runningEmbeddedUrl(dataDir)) !== undefined) await (await start()).stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

describe('what a killed service leaves', () => {
  it('adopts the running server', async () => {
    await kill(await runServiceUntil(/ready/));
    const orphan = await postmasterPid();
    const server = await start();
    expect(server.firstStart).toBe(false);
    expect(await postmasterPid()).toBe(orphan);
    await server.stop();
    expect(await runningEmbeddedUrl(dataDir)).toBeUndefined();
  });

  it('starts afresh after a half-way creation', async () => {
    const service = await runServiceUntil(/creating/);
    await until(async () => (await readdir(dataDir)).some((name) => name.startsWith('cluster.partial')));
    await kill(service);
    expect(await readdir(dataDir)).not.toContain('cluster');
    const server = await start();
    expect(await query(server.url, 'select 1 as value')).toEqual([1]);
    await server.stop();
    expect((await readdir(dataDir)).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('two services on a directory', () => {
  it('refuses the second, naming the first', async () => {
    const service = await runServiceUntil(/ready/);
    await expect(start()).rejects.toThrow(
      new RegExp(`DATA_DIR .* already in use .*process ${service.pid ?? 0}\\).*DATABASE_URL`),
    );
    expect(await runningEmbeddedUrl(dataDir)).toBeDefined();
  });

  it('lets exactly one win a race on an empty directory', async () => {
    const outcomes = await Promise.allSettled([start(), start()]);
    const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
    expect(reasons).toEqual([expect.stringContaining('already in use')]);
    expect(winners).toHaveLength(1);
    await winners[0]?.stop();
  });
});

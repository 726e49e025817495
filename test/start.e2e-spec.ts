import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { loadConfig } from '../src/config/config.js';
import { runningEmbeddedUrl, startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { welcome } from '../src/server/welcome.js';
import type { Json } from './support/client.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { minimal } from './support/fixtures.js';
import { freePort, productionArguments, StartedService } from './support/started-service.js';
import { lockWaiters, until } from './support/until.js';

const run = promisify(execFile);
const services: StartedService[] = [];
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crm-start-'));
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.kill()));
  const dataDir = join(directory, 'data');
  // A database that outlives a failed test is an orphan: taking it over is the way to stop it.
  if ((await runningEmbeddedUrl(dataDir)) !== undefined)
    await (await startEmbeddedPostgres({ dataDir, log: () => undefined })).stop();
  await rm(directory, { recursive: true, force: true });
});

function start(environment: Record<string, string>): StartedService {
  const service = new StartedService(directory, environment);
  services.push(service);
  return service;
}

/** Runs the command as a shell does, up to the point where curl would be called, and calls the address it names. */
async function curl(command: string): Promise<Response> {
  const { stdout } = await run('sh', ['-c', `curl() { printf '%s\\n' "$@"; }\n${command}`], { cwd: directory });
  const [url = '', , header = ''] = stdout.split('\n');
  const [name = '', value = ''] = header.split(': ');
  return fetch(url, { headers: { [name]: value } });
}

async function call(url: string, key: string, method = 'GET', body?: object): Promise<{ status: number; body: Json }> {
  const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return { status: response.status, body: await response.json() };
}

describe('on the embedded database', () => {
  let first: StartedService;
  let port: string;
  let key: string;
  let opportunity: Json;

  beforeAll(async () => {
    port = await freePort();
    first = await start({ PORT: port, DATA_DIR: 'data' }).started();
    key = first.firstKey();
  });

  it('prints where everything is, but no key where that is not seen by a person alone, and a call that works', async () => {
    expect(first.output).not.toContain(key);
    expect(first.printed('API')).toBe(`http://127.0.0.1:${port}/api/crm/opportunity`);
    expect((await fetch(first.printed('Swagger UI'))).headers.get('content-type')).toContain('text/html');
    const answer = await curl(first.output.slice(first.output.indexOf('curl')));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ data: [], has_more: false, total: 0 });
  });

  it('is ready: database, migrations, and the disk of the database', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
    const up: Json = expect.objectContaining({ status: 'up' });
    expect(await answer.json()).toMatchObject({ status: 'ok', details: { database: up, migrations: up, disk: up } });
  });

  it('refuses a port in use, naming PORT, before it touches anything', async () => {
    const second = start({ PORT: port, DATA_DIR: 'other' });
    expect(await second.exit()).toBe(1);
    expect(second.output).toMatch(new RegExp(`^PORT ${port} is in use`));
    await expect(access(join(directory, 'other'))).rejects.toThrow('ENOENT');
  });

  it('goes on where a killed service left off, with the same key', async () => {
    opportunity = (await call(first.printed('API'), key, 'POST', minimal)).body;
    await first.kill();
    const second = await start({ PORT: port, DATA_DIR: 'data' }).started();
    expect(second.firstKey()).toBe(key);
    expect(second.output).not.toContain(key);
    expect(await call(`${second.printed('API')}/${opportunity.id}`, key)).toEqual({ status: 200, body: opportunity });
  });

  it('finishes what is in flight when it is told to stop, and takes its database with it', async () => {
    const service = services.at(-1) as StartedService;
    const connectionString = (await runningEmbeddedUrl(join(directory, 'data'))) ?? '';
    const pool = new pg.Pool({ connectionString });
    pool.on('error', () => undefined);
    const blocker = await pool.connect();
    await blocker.query('begin');
    await blocker.query('select from opportunity where id = $1 for update', [opportunity.id]);
    const answer = call(`${service.printed('API')}/${opportunity.id}`, key, 'PATCH', { title: 'In flight' });
    const database = { query: async <Row extends object>(text: string) => (await pool.query<Row>(text)).rows };
    await until(async () => (await lockWaiters(database)) > 0);
    service.signal('SIGTERM');
    await until(() =>
      fetch(service.printed('API')).then(
        () => false,
        () => true,
      ),
    );
    await blocker.query('commit');
    blocker.release();
    await pool.end();
    expect((await answer).body.title).toBe('In flight');
    expect(await service.exit()).toBe(0);
    expect(await runningEmbeddedUrl(join(directory, 'data'))).toBeUndefined();
  });
});

describe('in a terminal', () => {
  /** Under `script`, which gives the service a terminal. */
  async function startInTerminal(environment: Record<string, string>): Promise<string> {
    const command = productionArguments()
      .map((argument) => `'${argument}'`)
      .join(' ');
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'warn', ...environment };
    const terminal = spawn('script', ['-qec', `exec '${process.execPath}' ${command}`, '/dev/null'], {
      cwd: directory,
      env,
    });
    let output = '';
    terminal.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const ended = once(terminal, 'exit');
    const tooEarly = ended.then(() => {
      throw new Error(`The service did not start:\n${output}`);
    });
    tooEarly.catch(() => undefined);
    while (!output.includes('Authorization: Bearer')) await Promise.race([once(terminal.stdout, 'data'), tooEarly]);
    terminal.stdin.write('\u0003');
    await ended;
    return output;
  }

  it('prints the key at the first start, and where it is from then on', async () => {
    const environment = { PORT: await freePort(), DATA_DIR: 'terminal' };
    const first = await startInTerminal(environment);
    const key = (await readFile(join(directory, 'terminal', 'api-key'), 'utf8')).trim();
    expect(first).toContain(`Key         ${key}`);
    expect(first).toContain(`Bearer ${key}"`);
    const origin = `http://127.0.0.1:${environment.PORT}`;
    expect(first).toMatch(new RegExp(`^Page        ${origin}/app#key=${key}\\s*$`, 'm'));
    expect(first).toMatch(new RegExp(`^Swagger UI  ${origin}/docs#key=${key}\\s*$`, 'm'));
    const second = await startInTerminal(environment);
    expect(second).not.toContain(key);
    expect(second).toContain('Key         in the file terminal/api-key');
  });
});

it.each([
  ['::1', '[::1]'],
  ['0.0.0.0', 'localhost'],
  ['127.0.0.1', '127.0.0.1'],
])('prints an address that a browser opens with HOST=%s', (HOST, host) => {
  expect(welcome(loadConfig({ HOST }), undefined, true)).toContain(`http://${host}:3000/docs`);
});

it('prints no address of the page with APP_PAGE=false', () => {
  expect(welcome(loadConfig({ HOST: '::1' }), undefined, true)).toContain('Page        http://[::1]:3000/app\n');
  expect(welcome(loadConfig({ HOST: '::1', APP_PAGE: 'false' }), undefined, true)).not.toContain('/app');
});

describe('with DATABASE_URL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await cloneDatabase();
    await database.query('drop schema public cascade');
    await database.query('create schema public');
  });
  afterAll(() => database.drop());

  it('does not touch an empty database when it may not migrate, and says what to do', async () => {
    const service = start({ PORT: await freePort(), DATABASE_URL: database.url, MIGRATE_ON_START: 'false' });
    expect(await service.exit()).toBe(1);
    expect(service.output).toContain('npm run migration:run');
    expect(
      await database.query("select from pg_tables where schemaname = 'public' and tablename <> 'migrations'"),
    ).toEqual([]);
  });

  it('migrates by itself, and says how to make a key', async () => {
    const service = await start({ PORT: await freePort(), DATABASE_URL: database.url }).started();
    expect(service.output).toMatch(/Make a key with: .*keys -- create/);
    expect(await call(service.printed('API'), 'none')).toMatchObject({ status: 401 });
    service.signal('SIGTERM');
    expect(await service.exit()).toBe(0);
  });

  // The second start finds the key already there.
  it.each([
    ['SIGTERM', 'npm alone', 1],
    ['SIGINT', 'all of them, as Ctrl-C does', -1],
  ] as const)(
    'makes the bootstrap key of compose.yaml work, and ends well under npm when %s reaches %s',
    async (signal, _whom, sign) => {
      const [key = ''] = /sk_test_crm_\w+/.exec(await readFile('compose.yaml', 'utf8')) ?? [];
      const PORT = await freePort();
      const own = { PORT, DATABASE_URL: database.url, MIGRATE_ON_START: 'false', BOOTSTRAP_API_KEY: key };
      const npm = spawn('npm', ['run', '--silent', 'start:prod'], {
        env: { ...process.env, ...own, LOG_LEVEL: 'warn' },
        detached: true,
      });
      const ended = once(npm, 'exit');
      await once(npm.stdout, 'data');
      const origin = `http://127.0.0.1:${PORT}`;
      expect(await call(`${origin}/api/crm/opportunity`, key)).toMatchObject({ status: 200 });
      process.kill(sign * (npm.pid ?? 0), signal);
      const end = await ended;
      const serves = await fetch(`${origin}/health/live`).then(Boolean, () => false);
      if (serves) process.kill(-(npm.pid ?? 0), 'SIGKILL');
      expect({ end, serves }).toEqual({ end: [0, null], serves: false });
    },
  );

  it('names DATABASE_URL when it is of no use', async () => {
    const DATABASE_URL = `postgres://127.0.0.1:${await freePort()}/crm`;
    const service = start({ PORT: await freePort(), DATABASE_URL });
    expect(await service.exit()).toBe(1);
    expect(service.output).toContain('DATABASE_URL');
    expect(service.output).not.toContain('    at ');
  });
});

it('reports everything that is wrong with the environment at once, by name', async () => {
  const wrong = {
    ...{ PORT: 'http', LOG_LEVEL: 'loud', MIGRATE_ON_START: 'yes', DATABASE_URL: 'mysql://crm' },
    BOOTSTRAP_API_KEY: 'secret',
  };
  const service = start(wrong);
  expect(await service.exit()).toBe(1);
  for (const name of Object.keys(wrong)) expect(service.output).toMatch(new RegExp(`^ +${name}: `, 'm'));
  expect(service.output).not.toContain('    at ');
});

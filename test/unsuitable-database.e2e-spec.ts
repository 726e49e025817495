import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { loadConfig } from '../src/config/config.js';
import { prepareSchema } from '../src/database/migrate.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { freePort, StartedService } from './support/started-service.js';

/* Databases in which part of the service would silently not work: it says so, and does not begin. */

const server = process.env.TEST_SERVER_URL ?? '';
const serviceUrl = new URL(process.env.TEST_SERVICE_URL ?? '');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crm-unsuitable-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function run(text: string, url = server): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

/** What the start prints before it gives up; throws if it does not. */
async function refusal(environment: Record<string, string>): Promise<string> {
  const service = new StartedService(directory, { PORT: await freePort(), ...environment });
  const status = await Promise.race([service.exit(), service.started().then(() => 'started')]);
  await service.kill();
  expect(status).toBe(1);
  expect(service.output).not.toContain('    at ');
  return service.output;
}

/** What one of the commands prints before it gives up. */
async function commandRefusal(program: string, args: string[], DATABASE_URL: string): Promise<string> {
  const path = join(process.cwd(), 'dist', 'src', program);
  const env = { PATH: process.env.PATH ?? '', DATABASE_URL };
  return promisify(execFile)(process.execPath, [path, ...args], { env, cwd: process.cwd() }).then(
    () => 'done',
    (error: unknown) => (error as { stderr: string }).stderr,
  );
}

async function withDatabase(options: string, work: (url: string) => Promise<void>): Promise<void> {
  const name = `crm_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(serviceUrl);
  url.pathname = `/${name}`;
  await run(`create database ${name} template template0 owner ${url.username} ${options}`);
  try {
    await work(url.href);
  } finally {
    await run(`drop database ${name} with (force)`);
  }
}

describe('a database that does not know the letters of Unicode', () => {
  it('is refused by the service and by each command, and stays empty', () =>
    withDatabase(`encoding 'SQL_ASCII' locale_provider libc locale 'C'`, async (url) => {
      const reason = 'encoding of the database is SQL_ASCII';
      const output = await refusal({ DATABASE_URL: url });
      expect(output).toContain(reason);
      expect(output).toContain('createdb --template=template0 --encoding=UTF8 --locale=C.UTF-8');
      expect(await commandRefusal('cli/keys.js', ['list'], url)).toContain(reason);
      expect(await commandRefusal('cli/migration.js', ['run'], url)).toContain(reason);
      // Which would fail if anything were in it.
      await run('drop schema public restrict', url);
    }));

  it.each([
    ['in LATIN1', `encoding 'LATIN1' locale_provider libc locale 'C'`, 'encoding of the database is LATIN1'],
    ['of the locale C', `encoding 'UTF8' locale_provider libc locale 'C'`, 'LC_CTYPE'],
  ])('is refused %s', (_what, options, reason) =>
    withDatabase(options, async (url) => {
      await expect(prepareSchema(loadConfig({}), url)).rejects.toThrow(reason);
    }),
  );

  it.each([
    ['of the system', `encoding 'UTF8' locale_provider libc locale 'C.UTF-8'`],
    ['of ICU', `encoding 'UTF8' locale_provider icu icu_locale 'und' locale 'C'`],
  ])('is not one with a locale %s that does', (_what, options) =>
    withDatabase(options, (url) => prepareSchema(loadConfig({}), url)),
  );
});

describe('a schema beside the one with the tables', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await cloneDatabase();
  });
  afterEach(() => database.drop());

  it('is not filled with a second set of tables', async () => {
    await database.query('create schema another');
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=another');
    const output = await refusal({ DATABASE_URL: url.href });
    expect(output).toContain('in the schema "public", but this role works in "another"');
    expect(output).toContain('set search_path = "public"');
    expect(await database.query(`select from pg_tables where schemaname = 'another'`)).toEqual([]);
  });

  it('is not needed to be told of one that does not exist', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c search_path=nowhere');
    expect(await refusal({ DATABASE_URL: url.href })).toContain('but this role works in none');
  });

  it('is used by a role that has no rights on the other', async () => {
    const role = `crm_test_${randomBytes(6).toString('hex')}`;
    await run(`create role ${role} login password 'p@ss/word'`, database.superuserUrl);
    await run(
      `revoke usage on schema public from public; create schema own authorization ${role};
      alter role ${role} set search_path = own`,
      database.superuserUrl,
    );
    const url = new URL(database.url);
    url.username = role;
    url.password = '';
    const environment = { PORT: await freePort(), DATABASE_URL: url.href, PGPASSWORD: 'p@ss/word' };
    const service = await new StartedService(directory, environment).started();
    await service.kill();
    await run(`drop owned by ${role} cascade; drop role ${role}`, database.superuserUrl);
  });
});

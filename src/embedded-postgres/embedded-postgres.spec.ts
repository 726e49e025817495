import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { runningEmbeddedUrl, startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import { until } from '../../test/support/until.js';

const settings = { fsync: 'off', shared_buffers: '16MB' };
let dataDir: string;

function start(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: () => undefined, settings });
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ value: unknown }>(sql).finally(() => client.end());
  return rows.map((row) => row.value);
}

const answers = (url: string): Promise<boolean> => query(url, 'select 1 as value').then(Boolean, () => false);

const OWNER_LOCKS = `select count(*)::int as value from pg_locks where locktype = 'advisory'`;
const postmasterFile = () => join(dataDir, 'cluster', 'postmaster.pid');
const postmasterPid = async () => Number((await readFile(postmasterFile(), 'utf8').catch(() => '')).split('\n')[0]);

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'embedded-data-'));
});

afterEach(async () => {
  // Whatever a failed test left running must not be there for the next one.
  if ((await runningEmbeddedUrl(dataDir)) !== undefined) await (await start()).stop();
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe('an embedded PostgreSQL', () => {
  it('creates a database with deterministic text and time rules, and finds it again', async () => {
    const first = await start();
    expect(first.firstStart).toBe(true);
    expect(await query(first.url, 'create table kept as select 7 as value')).toEqual([]);
    const rules = `select concat_ws(' ', current_setting('TimeZone'), current_setting('server_encoding'),
      datlocale, lower('Ä')) as value from pg_database where datname = current_database()`;
    expect(await query(first.url, rules)).toEqual(['UTC UTF8 C.UTF-8 ä']);
    expect(await runningEmbeddedUrl(dataDir)).toBe(first.url);
    await first.stop();
    const second = await start();
    expect(second.firstStart).toBe(false);
    expect(await query(second.url, 'select value from kept')).toEqual([7]);
    await second.stop();
  });

  it('stops once, however often it is asked, and leaves no server', async () => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(await runningEmbeddedUrl(dataDir)).toBeUndefined();
    await expect(query(server.url, 'select 1 as value')).rejects.toThrow('ECONNREFUSED');
  });

  it('keeps the password to itself', async () => {
    const server = await start();
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
    const stranger = server.url.replace(/:[0-9a-f]+@/, ':guess@');
    await expect(query(stranger, 'select 1 as value')).rejects.toThrow('password authentication failed');
    await server.stop();
  });

  it('lets the service own its database, and do nothing to the server', async () => {
    const server = await start();
    const rights = `select array[rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls] as value
      from pg_roles where rolname = current_user`;
    expect(await query(server.url, rights)).toEqual([Array(5).fill(false)]);
    const roles = `select rolname as value from pg_roles where pg_has_role(rolname, 'member') and rolname <> current_user`;
    expect(await query(server.url, roles)).toEqual(['pg_database_owner']);
    for (const sql of [
      `copy (select 1) to program 'true'`,
      `select pg_read_file('postmaster.pid') as value`,
      `select rolpassword as value from pg_authid`,
      `alter system set fsync = on`,
      'create role another',
      'create database another',
      'create extension adminpack',
    ])
      await expect(query(server.url, sql)).rejects.toThrow(/permission denied|must be|not available/);
    await server.stop();
  });

  it('hands on what a version that worked as superuser left, at every start', async () => {
    const before = await start();
    for (const sql of [
      'create table old (id int generated always as identity primary key, value text)',
      'create view old_view as select value from old',
      'create materialized view old_rows as select value from old',
      'create sequence old_numbers',
      `create type old_kind as enum ('a')`,
      'create domain "Old domain" as text',
      'create schema old_schema create table within (value int)',
      `create function old_function(a int, b text default 'x') returns int language sql as 'select 1'`,
      `create function old_trigger() returns trigger language plpgsql as 'begin return new; end'`,
      'alter database crm owner to postgres',
      'alter role crm_service superuser',
    ])
      await query(before.superuserUrl, sql);
    await before.stop();
    const server = await start();
    for (const sql of [
      'alter table old add more int',
      'insert into old (value) values (1)',
      'drop view old_view',
      'refresh materialized view old_rows',
      `select nextval('old_numbers')::int as value`,
      `alter type old_kind add value 'b'`,
      'drop domain "Old domain"',
      'drop table old_schema.within',
      'drop schema old_schema',
      'create trigger changed before insert on old for each row execute function old_trigger()',
      'drop function old_trigger cascade',
      'drop function old_function',
    ])
      await query(server.url, sql);
    await expect(query(server.url, 'create role another')).rejects.toThrow('permission denied');
    await server.stop();
  });

  it('starts a server again that died, at the same address, and owns it as before', async () => {
    const server = await start();
    await query(server.url, 'create table survives as select 7 as value');
    const killed = await postmasterPid();
    process.kill(killed, 'SIGKILL');
    await until(() => answers(server.url));
    expect(await postmasterPid()).not.toBe(killed);
    expect(await query(server.url, 'select value from survives')).toEqual([7]);
    await until(async () => (await query(server.url, OWNER_LOCKS))[0] === 1);
    await server.stop();
    await expect(query(server.url, 'select 1 as value')).rejects.toThrow('ECONNREFUSED');
  });

  it('stops for good, also while the server is being started again', async () => {
    const server = await start();
    process.kill(await postmasterPid(), 'SIGKILL');
    await server.stop();
    expect(await runningEmbeddedUrl(dataDir)).toBeUndefined();
  });

  it('gives up on a server that does not start again, and says why', async () => {
    const settingsFile = join(dataDir, 'cluster', 'postgresql.conf');
    const server = await start();
    const good = await readFile(settingsFile, 'utf8');
    await writeFile(settingsFile, 'work_mem = plenty');
    process.kill(await postmasterPid(), 'SIGKILL');
    expect(await server.exited).toMatch(/does not start again[^]*invalid value for parameter "work_mem"/);
    await writeFile(settingsFile, good);
  });

  it('regains its ownership when the server drops all connections', async () => {
    const server = await start();
    const ofOwner = `from pg_stat_activity where application_name like '%owner%'`;
    await query(server.superuserUrl, `select pg_terminate_backend(pid) as value ${ofOwner}`);
    await until(async () => (await query(server.superuserUrl, `select pid as value ${ofOwner}`)).length > 0);
    await until(async () => (await query(server.url, OWNER_LOCKS))[0] === 1);
    await server.stop();
  });

  it('says what PostgreSQL said when it does not start', async () => {
    const options = { dataDir, log: () => undefined, settings: { ...settings, work_mem: 'plenty' } };
    await expect(startEmbeddedPostgres(options)).rejects.toThrow(
      /invalid value for parameter "work_mem"[^]*DATABASE_URL/,
    );
  });

  it('finishes a creation that lacks the database', async () => {
    const before = await start();
    await query(before.superuserUrl.replace(/crm$/, 'postgres'), 'drop database crm');
    await before.stop();
    const server = await start();
    expect(await query(server.url, 'select current_database()::text as value')).toEqual(['crm']);
    await server.stop();
  });

  it('ignores a postmaster.pid of a dead process or one whose number another process has now', async () => {
    await (await start()).stop();
    for (const pid of [2_000_000_000, process.pid]) {
      await writeFile(postmasterFile(), `${pid}\n${join(dataDir, 'cluster')}\n1700000000\n1\n\n127.0.0.1\n\nready\n`);
      expect(await runningEmbeddedUrl(dataDir)).toBeUndefined();
      const server = await start();
      expect(await query(server.url, 'select 1 as value')).toEqual([1]);
      await server.stop();
    }
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { loadConfig } from '../src/config/config.js';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { prepareSchema } from '../src/database/migrate.js';
import { parentOf } from './cpu.js';
import { loadRows } from './load-rows.js';

/** The PostgreSQL of a run, in a folder of its own, with the settings that the service gives it. */
export interface Server {
  dataDir: string;
  /** Of the service's own database. */
  url: string;
  superuserUrl: string;
  /** Stops the server; its data stay. */
  stop: () => Promise<void>;
  /** Stops it and removes its folder. */
  remove: () => Promise<void>;
}

/** A loaded database and what is needed to measure on it. */
export interface Database {
  url: string;
  client: pg.Client;
  workspaceId: string;
  /** Bearer key of that workspace. */
  key: string;
  rows: number;
  /** Process that all processes of PostgreSQL descend from; 0 where it cannot be told. */
  postmaster: number;
}

export async function startServer(): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'crm-bench-'));
  const log = (message: string): void => void process.stderr.write(`${message}\n`);
  const server = await startEmbeddedPostgres({ dataDir, log });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= server.stop());
  let removed: Promise<void> | undefined;
  const remove = (): Promise<void> => (removed ??= stop().then(() => rm(dataDir, { recursive: true, force: true })));
  return { dataDir, url: server.url, superuserUrl: server.superuserUrl, stop, remove };
}

/** Migrates a database, gives it a workspace with a key, and loads it. */
export async function fillDatabase(url: string, rows: number): Promise<Database> {
  await prepareSchema(loadConfig({}), url);
  const key = await createKey(url, 'default');
  const client = new pg.Client({ connectionString: url });
  // The server goes away under it where a run is broken off; a query that meets that fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  const { rows: found } = await client.query<{ id: string; pid: number }>(
    'select id, pg_backend_pid() as pid from workspace',
  );
  const [{ id: workspaceId, pid } = { id: '', pid: 0 }] = found;
  await loadRows(client, workspaceId, rows);
  const postmaster = process.platform === 'linux' ? parentOf(pid) : 0;
  return { url, client, workspaceId, key, rows, postmaster };
}

/** An additional, empty database on the same server. */
export async function createDatabase(server: Server, name: string): Promise<string> {
  const url = new URL(server.url);
  const client = new pg.Client({ connectionString: server.superuserUrl });
  await client.connect();
  await client.query(`create database ${name} owner ${url.username}`);
  await client.end();
  url.pathname = `/${name}`;
  return url.href;
}

/** By the command line that operators use. */
export async function createKey(url: string, workspace: string, scopes = 'read,write'): Promise<string> {
  const cli = join(process.cwd(), 'dist/src/cli/keys.js');
  const wanted = ['create', '--workspace', workspace, '--name', 'bench', '--scopes', scopes];
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...wanted], {
    env: { ...process.env, DATABASE_URL: url },
  });
  return stdout.trim();
}

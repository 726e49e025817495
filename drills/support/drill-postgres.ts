import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findCluster } from '../../src/embedded-postgres/cluster-location.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { findServer } from '../../src/embedded-postgres/postmaster-file.js';

/** A PostgreSQL of a drill's own, in a folder that goes with it. Durable, unless the settings say otherwise. */
export class DrillPostgres {
  private pool: pg.Pool;

  private constructor(
    private readonly directory: string,
    private server: EmbeddedPostgres,
    private readonly settings: Record<string, string>,
  ) {
    this.pool = poolOf(server.superuserUrl);
  }

  static async start(settings: Record<string, string> = {}): Promise<DrillPostgres> {
    const directory = await drillDirectory();
    const server = await startEmbeddedPostgres({
      dataDir: directory,
      log: () => undefined,
      settings,
      startsAgain: false,
    });
    return new DrillPostgres(directory, server, settings);
  }

  get url(): string {
    return this.server.url;
  }

  /** Runs SQL beside the service, as superuser. */
  async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(text, values)).rows;
  }

  /** Ends all of the server as if its processes had crashed; it has to recover at the next start. */
  async kill(): Promise<void> {
    process.kill(await postmasterOf(this.directory), 'SIGKILL');
    await this.server.exited;
  }

  /** After `kill`; the address may be a new one. */
  async restart(): Promise<void> {
    const { directory: dataDir, settings } = this;
    await this.pool.end();
    this.server = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings, startsAgain: false });
    this.pool = poolOf(this.server.superuserUrl);
  }

  async stop(): Promise<void> {
    await this.pool.end();
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // A connection that breaks while it is idle is replaced when the next one is needed.
  pool.on('error', () => undefined);
  return pool;
}

/** A new folder under the system's temporary one, which PostgreSQL's account may enter when the drill runs as root. */
export async function drillDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'crm-drill-'));
  await chmod(directory, 0o711);
  return directory;
}

/** The process id of the server on a folder. */
export async function postmasterOf(directory: string): Promise<number> {
  const cluster = await findCluster(directory);
  const server = cluster && (await findServer(cluster.directory));
  if (server === undefined) throw new Error(`There is no PostgreSQL running in ${directory}.`);
  return server.pid;
}

/** One statement on a connection of its own. */
export async function queryOnce<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

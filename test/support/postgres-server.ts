import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries } from '../../src/embedded-postgres/binaries.js';
import { findCluster, type ClusterLocation } from '../../src/embedded-postgres/cluster-location.js';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { cleanEnvironment, neutralDirectory } from '../../src/embedded-postgres/run-program.js';
import { freePort } from './started-service.js';

const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', 'shared_buffers=32MB'];

/** A PostgreSQL of one's own to be cruel to: killed, frozen, started again, always at the same address. Linux only. */
export class PostgresServer {
  private process: ChildProcess | undefined;

  constructor(
    readonly url: string,
    /** The data directory, as the server has it. */
    readonly directory: string,
    private readonly dataDir: string,
    readonly place: ClusterLocation,
  ) {}

  /** Makes and starts one, with an empty database, below the folder. */
  static async create(parent = tmpdir()): Promise<PostgresServer> {
    const dataDir = await mkdtemp(join(parent, 'crm-postgres-'));
    const first = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: { fsync: 'off' } });
    await first.stop();
    const place = await findCluster(dataDir);
    if (place === undefined) throw new Error(`There is no cluster in ${dataDir}.`);
    const url = new URL(first.superuserUrl);
    url.port = await freePort();
    const server = new PostgresServer(url.href, place.directory, dataDir, place);
    await server.start();
    return server;
  }

  /** Resolves when the server answers. */
  async start(): Promise<void> {
    const { postgres } = await findBinaries(this.place.account, () => undefined);
    const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
    const args = ['-D', this.directory, '-p', new URL(this.url).port, ...settings];
    // Memory of a server killed before may still be held by its processes, which end on their own.
    while (this.process === undefined || this.process.exitCode !== null || this.process.signalCode !== null) {
      this.process = spawn(postgres, args, {
        ...this.place.account,
        cwd: neutralDirectory(),
        env: cleanEnvironment(),
        stdio: 'ignore',
      });
      while (this.process.exitCode === null && !(await this.answers())) await delay(20);
    }
  }

  /** Ends it as a crash of the machine would: by themselves, its processes would see later that the first one is gone. */
  async kill(): Promise<void> {
    await this.freeze();
    for (const pid of await this.children()) process.kill(pid, 'SIGKILL');
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGINT');
  }

  async freeze(): Promise<void> {
    this.process?.kill('SIGSTOP');
    for (const pid of await this.children()) process.kill(pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    for (const pid of await this.children()) process.kill(pid, 'SIGCONT');
    this.process?.kill('SIGCONT');
  }

  /** Runs SQL beside the service, on a connection of its own. */
  async query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async destroy(): Promise<void> {
    await this.thaw().catch(() => undefined);
    await this.end('SIGQUIT');
    for (const path of [this.dataDir, this.directory]) await rm(path, { recursive: true, force: true, maxRetries: 5 });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { process } = this;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, 'exit');
    process.kill(signal);
    await ended;
  }

  private answers(): Promise<boolean> {
    return this.query('select 1').then(Boolean, () => false);
  }

  private async children(): Promise<number[]> {
    const own = String(this.process?.pid);
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const parents = await Promise.all(
      pids.map(async (pid) => {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
        // The name of the program, in parentheses, may hold anything.
        return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      }),
    );
    return pids.filter((_pid, index) => parents[index] === own).map(Number);
  }
}

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../test/support/started-service.js';
import { debianProgram } from './debian-program.js';
import { drillDirectory } from './drill-postgres.js';

/** Longest statement and wait, here and in the service: a drill on a busy machine is about what works, not how fast. */
export const LIMIT_MS = 20_000;

/** From 1.21 on it knows prepared statements. */
const PREPARES_SINCE_MINOR = 21;

/** PgBouncer in transaction mode before a server, with a few connections to it. */
export class Pgbouncer {
  private constructor(
    readonly url: string,
    readonly version: string,
    private readonly directory: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(serverUrl: string, connections: number): Promise<Pgbouncer> {
    const program = debianProgram('pgbouncer');
    const version = /\d+\.\d+/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[0] ?? '0';
    const directory = await drillDirectory();
    const url = new URL(serverUrl);
    const port = await freePort();
    await writeFile(join(directory, 'users'), `"${url.username}" "${url.password}"\n`);
    const settings = join(directory, 'pgbouncer.ini');
    await writeFile(settings, settingsOf(url, port, directory, connections, version));
    for (const name of ['users', 'pgbouncer.ini']) await chmod(join(directory, name), 0o644);
    // It does not run as root either.
    const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const child = spawn(program, ['-q', ...account, settings], { stdio: ['ignore', 'ignore', 'inherit'] });
    url.port = port;
    const bouncer = new Pgbouncer(url.href, version, directory, child);
    await bouncer.answers();
    return bouncer;
  }

  get prepares(): boolean {
    return knowsPrepared(this.version);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    while (this.process.exitCode === null) {
      const client = new pg.Client({ connectionString: this.url });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.end();
        return;
      } catch {
        // Not listening yet.
      }
    }
    throw new Error(`PgBouncer ended with exit code ${this.process.exitCode}.`);
  }
}

function knowsPrepared(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= PREPARES_SINCE_MINOR;
}

/** As docs/scaling.md has them, but for the times. */
function settingsOf(url: URL, port: string, directory: string, connections: number, version: string): string {
  return `[databases]
${url.pathname.slice(1)} = host=${url.hostname} port=${url.port} connect_query='set statement_timeout = ${LIMIT_MS}; set lock_timeout = ${LIMIT_MS}; set idle_in_transaction_session_timeout = ${LIMIT_MS}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(directory, 'users')}
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 500
ignore_startup_parameters = options
${knowsPrepared(version) ? 'max_prepared_statements = 500' : ''}
`;
}

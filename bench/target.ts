import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, productionArguments } from '../test/support/started-service.js';

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 5;
const STDERR_KEPT = 4000;

/** A database to serve, and a key to it. */
interface Served {
  url: string;
  key: string;
}

/** A server under measurement: a process of its own that answers requests. */
export class Target {
  private constructor(
    readonly name: string,
    readonly url: string,
    /** Headers of every request. */
    readonly headers: Record<string, string>,
    private readonly child: ChildProcess,
    /** From the start of the process to its first 200. */
    readonly startedInMs: number,
  ) {}

  /** The service as it runs in production. */
  static async service({ url, key }: Served): Promise<Target> {
    return Target.start('service', productionArguments(), key, {
      PORT: await freePort(),
      DATABASE_URL: url,
      // One key makes all the requests; the limit is counted as high as it goes, not left out.
      RATE_LIMIT_REQUESTS: '1000000000',
    });
  }

  static async floor({ url, key }: Served): Promise<Target> {
    const script = join(process.cwd(), 'dist', 'bench', 'floor', 'server.js');
    return Target.start('floor', [script], key, { PORT: await freePort(), DATABASE_URL: url });
  }

  static async tutorial({ url, key }: Served): Promise<Target> {
    const script = join(process.cwd(), 'dist', 'bench', 'tutorial', 'server.js');
    return Target.start('tutorial', [script], key, { PORT: await freePort(), DATABASE_URL: url });
  }

  /** Starts Node with `words`, its flags and the program, and waits for its first 200. */
  static async start(name: string, words: string[], key: string, env: Record<string, string>): Promise<Target> {
    const { PATH = '', HOME = '', TMPDIR } = process.env;
    const since = performance.now();
    const child = spawn(process.execPath, words, {
      env: { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), NODE_ENV: 'production', LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const end = (): boolean => child.kill('SIGKILL');
    // A benchmark that is broken off leaves nothing running.
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const url = `http://127.0.0.1:${env['PORT'] ?? ''}`;
    const headers = { authorization: `Bearer ${key}` };
    await firstAnswer(name, child, `${url}/api/crm/opportunity?limit=1`, headers);
    return new Target(name, url, headers, child, performance.now() - since);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

async function firstAnswer(
  name: string,
  child: ChildProcess,
  url: string,
  headers: Record<string, string>,
): Promise<void> {
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-STDERR_KEPT)));
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The ${name} ended instead of serving:\n${stderr}`);
    const status = await fetch(url, { headers }).then(
      async (response) => (await response.arrayBuffer(), response.status),
      () => undefined,
    );
    if (status === 200) return;
    await wait(POLL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`The ${name} did not answer within ${START_TIMEOUT_MS / 1000} s:\n${stderr}`);
}

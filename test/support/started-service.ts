import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';

/** In the last line of what a successful start prints: the curl's header, how to make a key, or where the key is. */
const STARTED = /Authorization: Bearer|Make a key|the one in BOOTSTRAP_API_KEY/;

/** What `npm run start:prod` gives to Node: its flags, and the program. */
export function productionArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const [, ...words] = scripts['start:prod']?.split(' || ').at(-1)?.split(' ') ?? [];
  return words.map((word) => (word.startsWith('--') ? word : join(process.cwd(), word)));
}

/** The built service in a process of its own, with nothing of this environment but where programs are. */
export class StartedService {
  output = '';
  private readonly process: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor(
    private readonly directory: string,
    environment: Record<string, string>,
    program = productionArguments(),
  ) {
    const { PATH = '', HOME = '', TMPDIR } = process.env;
    const env = { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), LOG_LEVEL: 'warn', ...environment };
    this.process = spawn(process.execPath, program, {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.ended = once(this.process, 'close');
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Resolves when what it printed has the text. */
  async prints(text: string | RegExp): Promise<void> {
    while (this.output.search(text) < 0) await once(this.process.stdout ?? this.process, 'data');
  }

  /** Resolves when the service serves; rejects with what it printed if it ends instead. */
  async started(): Promise<this> {
    while (!STARTED.test(this.output)) {
      const ended = this.ended.then(() => {
        throw new Error(`The service did not start:\n${this.output}`);
      });
      await Promise.race([once(this.process.stdout ?? this.process, 'data'), ended]);
    }
    return this;
  }

  /** What stands behind a word in the output of the start, as in `API  http://…`. */
  printed(label: string): string {
    const [, value = ''] = new RegExp(`^${label} +(\\S+)$`, 'm').exec(this.output) ?? [];
    return value;
  }

  /** The key that the embedded database was made with. */
  firstKey(): string {
    const [, path = ''] = /^Key +in the file (.+)$/m.exec(this.output) ?? [];
    return readFileSync(resolve(this.directory, path), 'utf8').trim();
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Waits for the end; the signal's name if one ended it. */
  async exit(): Promise<number | string> {
    await this.ended;
    return this.process.exitCode ?? this.process.signalCode ?? 'unknown';
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }
}

export async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return String(port);
}

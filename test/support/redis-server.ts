import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { debianProgram } from '../../drills/support/debian-program.js';
import { freePort } from './started-service.js';

/** A Redis of Debian's, in memory alone, on a free port of this machine. */
export class RedisServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly port: string,
  ) {}

  static async start(port?: string): Promise<RedisServer> {
    const place = port ?? (await freePort());
    const options = ['--bind', '127.0.0.1', '--port', place, '--save', '', '--appendonly', 'no'];
    const child = spawn(debianProgram('redis-server'), options, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const ended = once(child, 'close').then(() => {
      throw new Error(`Redis did not start:\n${output}`);
    });
    while (!output.includes('Ready to accept connections')) await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => undefined);
    return new RedisServer(child, place);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Stops answering, with its connections open. */
  freeze(): void {
    this.process.kill('SIGSTOP');
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const closed = once(this.process, 'close');
    this.process.kill('SIGKILL');
    await closed;
  }
}

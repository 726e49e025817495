import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../test/support/started-service.js';
import { SELF_SIGNED } from '../../test/support/self-signed.js';
import { debianProgram } from './debian-program.js';
import { drillDirectory } from './drill-postgres.js';

const PAGE = 'docs/operations.md';

/** nginx before a service, with the very configuration that the documentation gives. */
export class Nginx {
  private constructor(
    readonly origin: string,
    private readonly directory: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(serviceOrigin: string): Promise<Nginx> {
    const program = debianProgram('nginx');
    const directory = await drillDirectory();
    const port = await freePort();
    const [certificate, key] = [join(directory, 'crm.pem'), join(directory, 'crm.key')];
    await writeFile(certificate, SELF_SIGNED.cert);
    await writeFile(key, SELF_SIGNED.key);
    const server = await documented({
      '127.0.0.1:3000': new URL(serviceOrigin).host,
      'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
      '/etc/ssl/crm.pem': certificate,
      '/etc/ssl/crm.key': key,
    });
    const settings = join(directory, 'nginx.conf');
    await writeFile(settings, around(server, directory));
    const child = spawn(program, ['-e', 'stderr', '-p', directory, '-c', settings], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const nginx = new Nginx(`https://127.0.0.1:${port}`, directory, child);
    await nginx.listens(Number(port));
    return nginx;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  private async listens(port: number): Promise<void> {
    while (this.process.exitCode === null) {
      const socket = connect(port, '127.0.0.1');
      const isOpen = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (isOpen) return;
      await delay(20);
    }
    throw new Error(`nginx ended with exit code ${this.process.exitCode}.`);
  }
}

/** What the page says, with what a drill has elsewhere; each of these has to be there once. */
async function documented(replacements: Record<string, string>): Promise<string> {
  const [, text = ''] = /```nginx\n([^]*?)```/.exec(await readFile(PAGE, 'utf8')) ?? [];
  return Object.entries(replacements).reduce((changed, [before, after]) => {
    const parts = changed.split(before);
    if (parts.length !== 2) throw new Error(`The configuration in ${PAGE} should have "${before}" once.`);
    return parts.join(after);
  }, text);
}

/** What an installed nginx has around its servers. */
function around(server: string, directory: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${join(directory, 'nginx.pid')};
error_log stderr error;
events {}
http {
access_log off;
${kinds.map((kind) => `${kind}_temp_path ${join(directory, kind)};`).join('\n')}
${server}}
`;
}

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { freePort, StartedService } from '../test/support/started-service.js';
import type { Drill } from './drill.js';
import { debianProgram } from './support/debian-program.js';
import { drillDirectory, DrillPostgres } from './support/drill-postgres.js';
import { isGood, LoopbackLoad } from './support/loopback-load.js';

const PER_SECOND = 100;
const CHECK_EVERY_MS = 200;
/** Long enough for a check to fail, on a busy machine too; the service's SHUTDOWN_DELAY_MS. */
const DELAY_MS = 2000;

/** Nothing but health checks and its defaults: no request is sent twice. */
const balancer = (port: string, services: string[], control: string): string => `
global
  stats socket ${control}
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 2s
frontend all
  bind 127.0.0.1:${port}
  default_backend services
backend services
  balance roundrobin
  option httpchk GET /health/ready
  default-server check inter ${CHECK_EVERY_MS}ms fall 1 rise 1
${services.map((service) => `  server s${service} 127.0.0.1:${service}`).join('\n')}
`;

export const drill: Drill = {
  promise: 'Services behind a load balancer are restarted one after the other, and no client notices',
  async run({ full, log }) {
    const haproxy = debianProgram('haproxy');
    const directory = await drillDirectory();
    const postgres = await DrillPostgres.start();
    const key = generateKey('test');
    const ports = [await freePort(), await freePort()];
    const start = (port: string): Promise<StartedService> =>
      new StartedService(directory, {
        PORT: port,
        DATABASE_URL: postgres.url,
        BOOTSTRAP_API_KEY: key,
        SHUTDOWN_DELAY_MS: String(DELAY_MS),
      }).started();
    const services: StartedService[] = [];
    let proxy: ChildProcess | undefined;
    try {
      for (const port of ports) services.push(await start(port));
      const front = await freePort();
      const file = join(directory, 'haproxy.cfg');
      const control = join(directory, 'control');
      await writeFile(file, balancer(front, ports, control));
      proxy = spawn(haproxy, ['-db', '-f', file], { stdio: 'ignore' });
      const load = new LoopbackLoad(`http://127.0.0.1:${front}`, key, PER_SECOND);
      await load.servedAgain(10_000);
      while ((await servicesUp(control)) < ports.length) await delay(CHECK_EVERY_MS);
      load.samples.length = 0;
      const restarts = full ? 10 : 3;
      const failures: string[] = [];
      for (let restart = 0; restart < restarts; restart += 1) {
        const index = restart % ports.length;
        services[index]?.signal('SIGTERM');
        const code = await services[index]?.exit();
        if (code !== 0) failures.push(`restart ${restart + 1}: the service ended with ${code}`);
        services[index] = await start(ports[index] ?? '');
        // The next one to stop is the other, which has to be replaced by this one before.
        while ((await servicesUp(control)) < ports.length) await delay(CHECK_EVERY_MS);
        log(`restart ${restart + 1} of ${restarts}: ${load.samples.length} requests so far`);
      }
      const samples = await load.stop();
      const failed = samples.filter(({ status }) => !isGood(status));
      failures.push(...failed.map(({ what, status }) => `${what} was answered ${status || 'not at all'}`));
      if (samples.length === 0) failures.push('nothing was asked, so nothing is proved');
      const figure = `${failed.length} of ${samples.length} requests failed in ${restarts} restarts`;
      return { passed: failures.length === 0, figure, failures };
    } finally {
      if (proxy?.exitCode === null) {
        proxy.kill();
        await once(proxy, 'exit');
      }
      await Promise.all(services.map((service) => service.kill()));
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** How many services the balancer sends requests to. */
async function servicesUp(control: string): Promise<number> {
  const socket = connect(control);
  socket.write('show stat\n');
  let table = '';
  for await (const text of socket.setEncoding('latin1')) table += text as string;
  const rows = table.split('\n').map((line) => line.split(','));
  const status = rows[0]?.indexOf('status') ?? -1;
  return rows.filter(([, name, ...rest]) => /^s\d+$/.test(name ?? '') && rest[status - 2] === 'UP').length;
}

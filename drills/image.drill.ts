import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { minimal } from '../test/support/fixtures.js';
import { freePort } from '../test/support/started-service.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { makeBaseImage } from './support/base-image.js';
import { Containers } from './support/containers.js';
import { drillDirectory, DrillPostgres } from './support/drill-postgres.js';

const IMAGE = 'crm-opportunity-service';
const HEALTHY_WITHIN_MS = 60_000;
/** What podman and Docker wait before they kill. */
const STOPS_WITHIN_SECONDS = 10;

/** The strictest way to run it. */
const LOCKED_DOWN = ['--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--security-opt', 'no-new-privileges'];

export const drill: Drill = {
  promise: 'The image runs read-only, without privileges and not as root, is healthy, and stops in time',
  onlyFull: true,
  async run(options: DrillOptions): Promise<Outcome> {
    const containers = await Containers.in(await drillDirectory());
    const server = await DrillPostgres.start();
    try {
      return await buildAndRun(containers, server, options);
    } finally {
      await containers.remove();
      await server.stop();
    }
  },
};

async function buildAndRun(containers: Containers, server: DrillPostgres, { log }: DrillOptions): Promise<Outcome> {
  const base = await makeBaseImage(containers, await readFile('Dockerfile', 'utf8'));
  log(`${base}: made of Debian and Node.js ${process.version}`);
  await containers.build('.', IMAGE);
  log(`${IMAGE}: built from the Dockerfile as it is`);

  const container = new Container(containers, await freePort());
  await container.start(server.url);
  const failures = [...(await container.confinement()), ...(await container.health()), ...(await container.smoke())];
  const seconds = await container.stop();
  const code = await container.inspect('{{.State.ExitCode}}');
  if (code !== '0') failures.push(`it ended with ${code}`);
  if (seconds > STOPS_WITHIN_SECONDS) failures.push(`it took ${seconds} s to stop`);
  const size = Math.round(Number(await containers.podman('image', 'inspect', IMAGE, '--format', '{{.Size}}')) / 1e6);
  if (failures.length > 0) failures.push(...(await container.lastLines()));
  const figure = `image of ${size} MB, read-only, no capability, user node: healthy, smoke passed, stopped in ${seconds} s with exit code ${code}`;
  return { passed: failures.length === 0, figure: failures.length === 0 ? figure : `exit code ${code}`, failures };
}

/** One running container of the image, on the machine's network. */
class Container {
  private readonly key = generateKey('test');

  constructor(
    private readonly containers: Containers,
    private readonly port: string,
  ) {}

  async start(databaseUrl: string): Promise<void> {
    const settings = { HOST: '127.0.0.1', PORT: this.port, DATABASE_URL: databaseUrl, BOOTSTRAP_API_KEY: this.key };
    const environment = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    // podman's own limits may be above what this machine lets a container have.
    const limits = ['--ulimit', 'nofile=1024:4096', '--ulimit', 'nproc=512:512'];
    const where = ['--detach', '--name', 'drill', '--network', 'host'];
    await this.containers.podman('run', ...where, ...limits, ...LOCKED_DOWN, ...environment, IMAGE);
  }

  inspect(format: string): Promise<string> {
    return this.containers.podman('inspect', 'drill', '--format', format);
  }

  /** What the kernel says of the process, whatever podman was told. */
  async confinement(): Promise<string[]> {
    const pid = await this.inspect('{{.State.Pid}}');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const mounts = await readFile(`/proc/${pid}/mounts`, 'utf8');
    const expected: [RegExp, string, string][] = [
      [/^Uid:\t1000\t1000\t1000\t1000$/m, status, 'it does not run as node'],
      [/^CapEff:\t0+$/m, status, 'it has capabilities'],
      [/^CapBnd:\t0+$/m, status, 'it could get capabilities'],
      [/^NoNewPrivs:\t1$/m, status, 'it could get privileges'],
      [/^\S+ \/ \S+ ro[, ]/m, mounts, 'its root is not read-only'],
    ];
    return expected.flatMap(([pattern, text, complaint]) => (pattern.test(text) ? [] : [complaint]));
  }

  /** The image's own check, which an orchestrator would run on a schedule. */
  async health(): Promise<string[]> {
    const deadline = Date.now() + HEALTHY_WITHIN_MS;
    let said = '';
    while (Date.now() < deadline) {
      const healthy = await this.containers.podman('healthcheck', 'run', 'drill').then(
        () => true,
        (error: unknown) => ((said = String(error)), false),
      );
      if (healthy) return [];
      await delay(250);
    }
    return [`it did not become healthy: ${said}`];
  }

  /** A deal with items created, changed, listed and deleted; a request without a key refused. */
  async smoke(): Promise<string[]> {
    const items = [{ item_name: 'Chair', qty: 3, rate: 19.99 }];
    const created = await this.call('POST', '', { ...minimal, items });
    const path = `/${String(created.body.id)}`;
    const answers = [
      ['create', created.status === 201 && created.body.total === 59.97],
      ['update', (await this.call('PATCH', path, { title: 'Smoke' })).body.title === 'Smoke'],
      ['list', (await this.call('GET', '?title=Smoke')).body.total === 1],
      ['delete', (await this.call('DELETE', path)).status === 200],
      ['retrieve what is gone', (await this.call('GET', path)).status === 404],
      ['ask without a key', (await fetch(this.url(''))).status === 401],
    ] as const;
    return answers.flatMap(([what, isRight]) => (isRight ? [] : [`smoke: ${what}`]));
  }

  /** Answers the seconds it took. */
  async stop(): Promise<number> {
    const since = performance.now();
    await this.containers.podman('stop', '--time', String(STOPS_WITHIN_SECONDS), 'drill');
    return Math.round((performance.now() - since) / 100) / 10;
  }

  async lastLines(): Promise<string[]> {
    return (await this.containers.podman('logs', '--tail', '10', 'drill').catch(String)).split('\n');
  }

  private url(path: string): string {
    return `http://127.0.0.1:${this.port}/api/crm/opportunity${path}`;
  }

  private async call(method: string, path: string, body?: object): Promise<{ status: number; body: Answered }> {
    const headers = { authorization: `Bearer ${this.key}`, ...(body && { 'content-type': 'application/json' }) };
    const response = await fetch(this.url(path), { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: (await response.json()) as Answered };
  }
}

interface Answered {
  id?: string;
  title?: string;
  total?: number;
}

import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { PostgresServer } from '../test/support/postgres-server.js';
import { freePort, StartedService } from '../test/support/started-service.js';
import type { Drill, DrillOptions } from './drill.js';
import { databaseFaults, diskFull, type Fault } from './support/database-faults.js';
import { drillDirectory } from './support/drill-postgres.js';
import { isGood, LoopbackLoad, type Sample } from './support/loopback-load.js';
import { mountSmall, type SmallDisk } from './support/small-disk.js';

const POOL_SIZE = 10;
const PER_SECOND = 50;
const ANSWER_MS = 3000;
const RECOVERY_MS = 2000;

/** What one kind of trouble did to those who use the service. */
interface Effect {
  answers: number;
  slowest: number;
  recovery: number;
  failures: string[];
}

export const drill: Drill = {
  promise:
    'Whatever happens to PostgreSQL: no 500, every answer within 3 s, all well 2 s after it is back, nothing leaked',
  async run(options) {
    const directory = await drillDirectory();
    const disk = await mountSmall(directory);
    try {
      const effects = await troubled(directory, databaseFaults, options);
      if (disk) effects.push(...(await troubled(disk.path, [diskFull], options, disk)));
      const failures = effects.flatMap((effect) => effect.failures);
      const most = (of: (effect: Effect) => number): number => Math.max(...effects.map(of));
      const answers = effects.reduce((sum, effect) => sum + effect.answers, 0);
      const figure =
        `slowest of ${answers} answers ${most(({ slowest }) => slowest)} ms, longest recovery ` +
        `${most(({ recovery }) => recovery)} ms, ${effects.length} faults` +
        (disk ? '' : ', disk full not run (takes root)');
      return { passed: failures.length === 0, figure, failures };
    } finally {
      await disk?.unmount();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** A service on a PostgreSQL of its own in the folder, which then has one fault after the other. */
async function troubled(folder: string, faults: Fault[], options: DrillOptions, disk?: SmallDisk): Promise<Effect[]> {
  const postgres = await PostgresServer.create(folder);
  if (disk) await disk.keepLogElsewhere(postgres);
  const [port, key] = [await freePort(), generateKey('test')];
  const service = new StartedService(tmpdir(), {
    PORT: port,
    DATABASE_URL: postgres.url,
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    BOOTSTRAP_API_KEY: key,
    LOG_LEVEL: 'silent',
  });
  try {
    await service.started();
    const effects: Effect[] = [];
    for (const fault of faults) effects.push(await suffer(fault, `http://127.0.0.1:${port}`, key, postgres, options));
    return effects;
  } finally {
    await service.kill();
    await postgres.destroy();
  }
}

async function suffer(
  fault: Fault,
  origin: string,
  key: string,
  postgres: PostgresServer,
  options: DrillOptions,
): Promise<Effect> {
  const load = new LoopbackLoad(origin, key, PER_SECOND);
  await fault.happen(postgres, options);
  const recovery = await load.servedAgain(10 * RECOVERY_MS);
  const samples = await load.stop();
  const slowest = Math.round(Math.max(...samples.map(({ ms }) => ms)));
  const unavailable = samples.filter(({ status }) => status === 503).length;
  options.log(
    `${fault.name}: ${samples.length} answers, ${unavailable} of them 503, slowest ${slowest} ms, well after ${recovery} ms`,
  );
  const failures = [...faultsOf(samples), ...(await leaks(postgres))];
  if (unavailable === 0) failures.push('was not felt, so it proves nothing');
  if (recovery > RECOVERY_MS) failures.push(`well only after ${recovery} ms`);
  return { answers: samples.length, slowest, recovery, failures: failures.map((text) => `${fault.name}: ${text}`) };
}

function faultsOf(samples: Sample[]): string[] {
  const wrong = samples.filter(({ status, ms }) => ms > ANSWER_MS || !(isGood(status) || status === 503));
  return wrong.map(
    ({ what, status, ms }) => `${what} was answered ${status || 'not at all'} after ${Math.round(ms)} ms`,
  );
}

/** Whatever the service holds, or has in use, beyond its pool once nobody asks it anything. */
async function leaks(postgres: PostgresServer): Promise<string[]> {
  const deadline = performance.now() + ANSWER_MS;
  for (;;) {
    const [{ open, used } = { open: 0, used: 0 }] = await postgres.query<{ open: number; used: number }>(
      `select count(*)::int as open, count(*) filter (where state <> 'idle')::int as used from pg_stat_activity
        where application_name = 'crm-opportunity-service'`,
    );
    if (open <= POOL_SIZE && used === 0) return [];
    if (performance.now() > deadline) return [`${open} connections are left open, ${used} in use`];
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { freePort, StartedService } from '../test/support/started-service.js';
import type { Drill, DrillOptions } from './drill.js';
import { debianProgram } from './support/debian-program.js';
import { drillDirectory, DrillPostgres } from './support/drill-postgres.js';
import { isGood, LoopbackLoad, percentile } from './support/loopback-load.js';

const CONNECTIONS = 500;
const PER_SECOND = 30;
const TIMES_IDLE = 3;
/** Below this, three times as long says more about the machine than about the service. */
const LEAST_IDLE_MS = 10;

/** The three ways to be slow, as slowhttptest is asked for them. */
const modes: Record<string, (origin: string) => string[]> = {
  headers: (origin) => ['-H', '-u', `${origin}/api/crm/opportunity`],
  body: (origin) => ['-B', '-s', '8192', '-f', 'application/json', '-u', `${origin}/api/crm/opportunity`],
  reading: (origin) => ['-X', '-w', '10', '-y', '20', '-n', '1', '-z', '5', '-u', `${origin}/openapi.json`],
};

export const drill: Drill = {
  promise: `${CONNECTIONS} clients that send or read slowly keep no good client waiting`,
  async run(options) {
    const program = debianProgram('slowhttptest');
    const directory = await drillDirectory();
    const postgres = await DrillPostgres.start();
    const [port, key] = [await freePort(), generateKey('test')];
    const environment = { PORT: port, DATABASE_URL: postgres.url, BOOTSTRAP_API_KEY: key };
    const service = new StartedService(directory, environment);
    try {
      await service.started();
      return await attack(`http://127.0.0.1:${port}`, key, program, options);
    } finally {
      await service.kill();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function attack(
  origin: string,
  key: string,
  program: string,
  { full, log }: DrillOptions,
): ReturnType<Drill['run']> {
  const seconds = full ? 60 : 12;
  await good(origin, key, delay(2000));
  const idle = await good(origin, key, delay(5000));
  const allowed = TIMES_IDLE * Math.max(idle.p99, LEAST_IDLE_MS);
  log(`idle: p99 ${idle.p99.toFixed(1)} ms of ${idle.count} requests`);
  const failures: string[] = [];
  let worst = 0;
  for (const [mode, argumentsOf] of Object.entries(modes)) {
    const args = ['-c', String(CONNECTIONS), '-r', '250', '-i', '1', '-l', String(seconds), ...argumentsOf(origin)];
    const slow = await good(origin, key, run(program, args));
    worst = Math.max(worst, slow.p99);
    log(`slow ${mode}: p99 ${slow.p99.toFixed(1)} ms, ${slow.failed} of ${slow.count} requests failed`);
    if (slow.failed > 0) failures.push(`slow ${mode}: ${slow.failed} requests failed`);
    if (slow.p99 > allowed)
      failures.push(`slow ${mode}: p99 ${slow.p99.toFixed(1)} ms, allowed ${allowed.toFixed(1)} ms`);
  }
  const figure = `p99 ${worst.toFixed(1)} ms against ${CONNECTIONS} slow connections, ${idle.p99.toFixed(1)} ms without`;
  return { passed: failures.length === 0, figure, failures };
}

/** What a good client meets while something else goes on. */
async function good(
  origin: string,
  key: string,
  meanwhile: Promise<unknown>,
): Promise<{ p99: number; failed: number; count: number }> {
  const load = new LoopbackLoad(origin, key, PER_SECOND);
  await meanwhile;
  const samples = await load.stop();
  const times = samples.map(({ ms }) => ms);
  return {
    p99: percentile(times, 0.99),
    failed: samples.filter(({ status }) => !isGood(status)).length,
    count: samples.length,
  };
}

async function run(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}.`);
}

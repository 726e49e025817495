import { setTimeout as wait } from 'node:timers/promises';
import { runningEmbeddedUrl } from '../src/embedded-postgres/embedded-postgres.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import type { DealWriter } from './support/deal-writer.js';
import { DealWriters } from './support/deal-writers.js';
import { postmasterOf, queryOnce } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { Random } from './support/random.js';
import { brokenPeriods, brokenRules } from './support/sums.js';

const WRITERS = 8;
const SHORT_ROUNDS = 10;
const FULL_ROUNDS = 50;
/** Every so many rounds the database is killed together with the service. */
const DATABASE_TOO = 5;

export const drill: Drill = {
  promise: `What ${WRITERS} clients were told is written outlives kill -9, and the rest is there as a whole or not at all`,
  async run(options): Promise<Outcome> {
    // It owns its PostgreSQL, which is orphaned by every kill and taken over by the next start; with durable settings.
    const service = await DrillService.start({ LOG_LEVEL: 'fatal' });
    try {
      return await crash(service, options);
    } finally {
      await service.stop();
    }
  },
};

async function crash(service: DrillService, { full, seed, log }: DrillOptions): Promise<Outcome> {
  const random = new Random(seed);
  await service.client().post('/pipeline', { template: 'erpnext' });
  const rounds = full ? FULL_ROUNDS : SHORT_ROUNDS;
  const writers = new DealWriters(service, WRITERS, seed);
  for (let round = 1; round <= rounds; round++) {
    await crashOnce(service, writers, random, round % DATABASE_TOO === 0);
    log(`round ${round}: ${writers.acknowledged} writes acknowledged so far`);
  }
  let lost = 0;
  for (const writer of writers.all) lost += await writer.lost();
  const failures = [...writers.failures, ...(await rulesBroken(service, writers.all))];
  const { acknowledged } = writers;
  const percent = ((100 * (acknowledged - lost)) / acknowledged).toFixed(lost === 0 ? 0 : 2);
  const figure =
    `${percent} % of ${acknowledged} acknowledged writes present and equal after ${rounds} kills; without an answer: ` +
    `${writers.sum((writer) => writer.unanswered.repeated)} repeated with their key, ${writers.sum((writer) => writer.unanswered.present)} ` +
    `there as a whole, ${writers.sum((writer) => writer.unanswered.absent)} not at all`;
  return { passed: failures.length === 0, figure, failures };
}

async function crashOnce(
  service: DrillService,
  writers: DealWriters,
  random: Random,
  databaseToo: boolean,
): Promise<void> {
  const kill = async (): Promise<void> => {
    await wait(random.between(200, 1500));
    const postmaster = databaseToo ? await postmasterOf(service.directory) : undefined;
    const killed = service.kill();
    if (postmaster !== undefined) process.kill(postmaster, 'SIGKILL');
    await killed;
  };
  await writers.writeUntil(kill, () => endOfOldSessions(service));
}

async function databaseOf({ directory }: DrillService): Promise<string> {
  const url = await runningEmbeddedUrl(directory);
  if (url === undefined) throw new Error(`There is no PostgreSQL running in ${directory}.`);
  return url;
}

/** What the killed service had sent to PostgreSQL may still be carried out; what is read before that end is no evidence. */
async function endOfOldSessions(service: DrillService): Promise<void> {
  const url = await databaseOf(service);
  const text = `select count(*)::int as n from pg_stat_activity
    where application_name = 'crm-opportunity-service' and state <> 'idle'`;
  for (let left = 50; left > 0; left--) {
    const [row] = await queryOnce<{ n: number }>(url, text);
    if (row?.n === 0) return;
    await wait(100);
  }
  throw new Error('Sessions of the killed service go on for more than 5 seconds.');
}

async function rulesBroken(service: DrillService, writers: readonly DealWriter[]): Promise<string[]> {
  const url = await databaseOf(service);
  const query = (text: string): Promise<{ id: string }[]> => queryOnce(url, text);
  const broken = [...(await brokenRules(query)), ...(await brokenPeriods(query))];
  const [row] = await queryOnce<{ n: number }>(url, 'select count(*)::int as n from opportunity');
  const known = writers.reduce((sum, { deals }) => sum + deals.length, 0);
  if (row?.n !== known) broken.push(`there are ${row?.n ?? 0} opportunities, and there should be ${known}`);
  return broken;
}

import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '../test/support/client.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { importFaults } from './support/import-check.js';
import { makeFile } from './support/import-file.js';
import { ImportRun } from './support/import-run.js';
import { Random } from './support/random.js';
import { brokenRules } from './support/sums.js';
import { addWorkspace } from './support/workspaces.js';

/** `every`: a kill comes each time that so many transactions of the imports have ended. */
const SHORT = { rows: 600, every: 10 };
const FULL = { rows: 2000, every: 1 };

export const drill: Drill = {
  promise:
    'every row of a file is written exactly once or told, whatever is killed, cancelled, reverted or written beside',
  async run(options): Promise<Outcome> {
    const postgres = await DrillPostgres.start();
    try {
      const service = await DrillService.start({
        ...{ DATABASE_URL: postgres.url, WEB_CONCURRENCY: '2', LOG_LEVEL: 'fatal', RATE_LIMIT_REQUESTS: '0' },
      });
      try {
        return await bringIn(service, postgres, options);
      } finally {
        await service.stop();
      }
    } finally {
      await postgres.stop();
    }
  },
};

/** What becomes of an import after its check. */
const PLANS: Readonly<Record<string, (run: ImportRun) => Promise<unknown>>> = {
  runs: async (run) => {
    await run.check();
    await run.run();
  },
  'is cancelled': async (run) => {
    await run.check();
    await run.cancelAt(0.3);
  },
  'is reverted': async (run) => {
    await run.check();
    await run.run();
    await run.revert();
  },
  'replaces children': async (run) => {
    await run.check({ children: 'replace' });
    await run.run();
  },
};

async function bringIn(
  service: DrillService,
  postgres: DrillPostgres,
  { full, seed, log }: DrillOptions,
): Promise<Outcome> {
  const { rows, every } = full ? FULL : SHORT;
  const random = new Random(seed);
  const runs: ImportRun[] = [];
  for (const [at, name] of Object.keys(PLANS).entries()) {
    const api = new Client(service.origin, await addWorkspace(postgres, name), service.check);
    const file = makeFile(at % 2 === 0 ? 'csv' : 'ndjson', rows, random);
    runs.push(new ImportRun(name, file, api, new Random(seed + at + 1)));
  }
  await Promise.all(runs.map((run) => run.prepare()));
  const state = { isOver: false };
  const beside = runs.map((run) => run.writeBeside());
  const all = Promise.all(
    runs.map(async (run) => {
      await PLANS[run.name]?.(run);
      run.end();
      log(`${run.name}: ${JSON.stringify(shown(run))}`);
    }),
  ).finally(() => {
    state.isOver = true;
  });
  const { killed, hit, seen } = await killAtChunks(service, postgres, { every, log, random, state });
  await all;
  await Promise.all(beside);
  const failures = [...(await brokenRules((text) => postgres.query<{ id: string }>(text)))];
  for (const run of runs) failures.push(...(await importFaults(run, (text, values) => postgres.query(text, values))));
  failures.push(...(await againFaults(runs)));
  const touched = runs.reduce((sum, run) => sum + run.touched.size, 0);
  const figure = `${rows * runs.length} rows of ${runs.length} imports exactly once or told after ${killed} kills at ${hit} of ${seen} transactions, ${touched} of them beside other writers`;
  return { passed: failures.length === 0, figure, failures };
}

function shown({ state }: ImportRun): object {
  const { status, created, updated, unchanged, failed, unprocessed, revert } = state as Record<string, unknown>;
  return { status, created, updated, unchanged, failed, unprocessed, revert };
}

/** Where the imports stand that are worked on: each of their transactions changes it. */
const PLACES = `select id || ' ' || status || ' ' || coalesce(place->>'offset', '') || ' ' || coalesce(revert::text, '') as place
  from import where due_at is not null`;

/** A killed process cannot give back its leases; with this, nobody waits until they run out. */
const FREE = 'update import set leased_until = now() where leased_until is not null';

interface Kills {
  every: number;
  log: (line: string) => void;
  random: Random;
  state: { isOver: boolean };
}

/**
 * Kills soon after a transaction has ended, so that the next one of each import is under way: both processes with the one that
 * started them, or one of the two, whose imports then wait for its leases. Counts the places at which imports stood then.
 */
async function killAtChunks(
  service: DrillService,
  postgres: DrillPostgres,
  { every, log, random, state }: Kills,
): Promise<{ killed: number; hit: number; seen: number }> {
  const placesNow = async (): Promise<string[]> =>
    (await postgres.query<{ place: string }>(PLACES)).map(({ place }) => place);
  const seen = new Set<string>();
  const hit = new Set<string>();
  let killed = 0;
  for (let due = every; !state.isOver;) {
    for (const place of await placesNow()) seen.add(place);
    if (seen.size < due) {
      await wait(5);
      continue;
    }
    await wait(random.between(0, 150));
    killed += 1;
    const workers = await workersOf(service.pid);
    if (killed % 5 === 2) process.kill(random.pick(workers), 'SIGKILL');
    else {
      for (const pid of workers) process.kill(pid, 'SIGKILL');
      await service.kill();
      for (const place of await placesNow()) hit.add(place);
      await postgres.query(FREE);
      await service.launch();
    }
    for (const place of hit) seen.add(place);
    due = seen.size + every;
    if (killed % 10 === 0) log(`${killed} kills at ${hit.size} of ${seen.size} transactions`);
  }
  return { killed, hit: hit.size, seen: seen.size };
}

async function workersOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}

/** The same file again changes no deal that only the import has written. */
async function againFaults(runs: readonly ImportRun[]): Promise<string[]> {
  const [run] = runs;
  if (run === undefined) return ['there was no import'];
  await run.check();
  const results = await run.results();
  return run.file.rows.flatMap(({ key, line, outcome }, at) => {
    const wanted = outcome === 'failed' ? 'failed' : 'unchanged';
    const told = results[at]?.outcome as string;
    return told === wanted || run.touched.has(key) ? [] : [`again: line ${line} should be ${wanted} and is ${told}`];
  });
}

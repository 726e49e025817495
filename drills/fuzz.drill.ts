import * as fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { minimal } from '../test/support/fixtures.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { anyRequest } from './support/fuzz-requests.js';
import { FuzzRun } from './support/fuzz-run.js';
import { jsonSuite, naughtyStrings } from './support/fuzz-suites.js';
import { RawClient } from './support/raw-client.js';

const AT_ONCE = 8;
const WARM_UP = 2000;
const CHUNK = 1000;
const MOST_GROWTH_MB = 50;
const SEEDED = 100;
const MISS = 'validator miss';

export const drill: Drill = {
  promise: 'Whatever is sent, the answer is a documented one and never a 5xx; what is accepted is kept as it was sent',
  async run(options): Promise<Outcome> {
    const postgres = await DrillPostgres.start({ fsync: 'off' });
    try {
      const service = await DrillService.start({ DATABASE_URL: postgres.url });
      const client = new RawClient(service.origin, service.key);
      try {
        return await fuzz(service, client, options);
      } finally {
        client.close();
        await service.stop();
      }
    } finally {
      await postgres.stop();
    }
  },
};

async function fuzz(service: DrillService, client: RawClient, { full, seed, log }: DrillOptions): Promise<Outcome> {
  const run = new FuzzRun(client, service.check);
  await seedObjects(run);
  const suites = [...(await jsonSuite(run)), ...(await naughtyStrings(service.client()))];
  await send(run, service, seed, WARM_UP);
  const before = await memoryOf(service);
  await send(run, service, seed + 1, full ? 100_000 : 10_000);
  const growth = (await memoryOf(service)) - before;
  const misses = service.output.split('\n').filter((line) => line.includes(MISS));
  log(
    `answers: ${[...run.statuses]
      .sort()
      .map(([status, count]) => `${status} × ${count}`)
      .join(', ')}`,
  );
  const failures = [
    ...suites,
    ...run.failures,
    ...misses,
    ...(growth < MOST_GROWTH_MB ? [] : [`memory grew by ${growth} MB`]),
  ];
  const figure =
    `${run.requests} requests: ${run.serverErrors} 5xx, ${run.undocumented} undocumented answers, ${misses.length} validator misses, ` +
    `${run.changedTexts} changed texts, ${suites.length} of the public cases wrong, memory ${growth < 0 ? '' : '+'}${growth} MB`;
  return { passed: failures.length === 0, figure, failures };
}

/** Something to read, change and delete from the first request on. */
async function seedObjects(run: FuzzRun): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ ...minimal, items: [{ qty: 2, rate: 3 }], lost_reasons: [{ lost_reason: 'Price' }] });
  for (let left = SEEDED; left > 0; left--)
    await run.send({ method: 'POST', path: '/api/crm/opportunity', headers, body });
}

async function send(run: FuzzRun, { document }: DrillService, seed: number, count: number): Promise<void> {
  const requests = anyRequest(document);
  for (let done = 0; done < count; done += CHUNK) {
    const queue = fc.sample(requests, { seed: seed * 1000 + done, numRuns: Math.min(CHUNK, count - done) });
    const worker = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) await run.send(next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
}

/** Resident memory of the service in MB, once it has come to rest. */
async function memoryOf({ pid }: DrillService): Promise<number> {
  await wait(1000);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

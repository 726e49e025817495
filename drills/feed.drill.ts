import { setTimeout as wait } from 'node:timers/promises';
import { minimal } from '../test/support/fixtures.js';
import type { Client, Json } from '../test/support/client.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DealWriters } from './support/deal-writers.js';
import { DrillService } from './support/drill-service.js';
import { feedBreaks, wholeFeed } from './support/feed-check.js';
import { Random } from './support/random.js';

const SHORT = { writers: 12, rounds: 3 };
const FULL = { writers: 40, rounds: 20 };
const BATCHES = 4;

export const drill: Drill = {
  promise: 'the feed has each committed event once, for each deal in the order of its history, whatever is killed',
  async run(options): Promise<Outcome> {
    const service = await DrillService.start({ LOG_LEVEL: 'fatal', RATE_LIMIT_REQUESTS: '0' });
    try {
      return await follow(service, options);
    } finally {
      await service.stop();
    }
  },
};

async function follow(service: DrillService, { full, seed, log }: DrillOptions): Promise<Outcome> {
  const { writers: count, rounds } = full ? FULL : SHORT;
  const random = new Random(seed);
  await service.client().post('/pipeline', { template: 'erpnext' });
  const writers = new DealWriters(service, count, seed);
  const seen: Json[] = [];
  let cursor = 'beginning';
  for (let round = 1; round <= rounds; round++) {
    const state = { isOver: false };
    const batches = Array.from({ length: BATCHES }, () => writeBatches(service.client(), state));
    const reading = readOn(service.client(), cursor, seen, state);
    await writers.writeUntil(async () => {
      await wait(random.between(500, 2000));
      state.isOver = true;
      await service.kill();
      cursor = await reading;
      await Promise.all(batches);
    });
    log(`round ${round}: ${seen.length} events read so far`);
  }
  const events = await wholeFeed(service.client());
  const failures = [...writers.failures, ...(await feedBreaks(service.client(), events))];
  if (seen.some(({ id }, at) => id !== events[at]?.id)) failures.push('what was read on the way is not the feed');
  const figure = `${events.length} events, each once and in order, after ${rounds} kills and ${writers.acknowledged} acknowledged single writes`;
  return { passed: failures.length === 0, figure, failures };
}

/** Until the service dies. */
async function writeBatches(api: Client, state: { isOver: boolean }): Promise<void> {
  const operations = Array.from({ length: 10 }, () => ({ method: 'create', body: minimal }));
  while (!state.isOver) await api.post('/opportunity/batch', { operations }).catch(() => undefined);
}

/** Reads the feed while others write; answers the cursor behind what it has read. */
async function readOn(api: Client, from: string, seen: Json[], state: { isOver: boolean }): Promise<string> {
  let cursor = from;
  while (!state.isOver) {
    const answer = await api.get(`//api/events?limit=50&wait=1&after=${cursor}`).catch(() => undefined);
    if (answer?.status !== 200) continue;
    seen.push(...answer.body.data);
    cursor = answer.body.next as string;
  }
  return cursor;
}

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Json } from '../test/support/client.js';
import { Receiver } from '../test/support/receiver.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DealWriters } from './support/deal-writers.js';
import { DrillService } from './support/drill-service.js';
import { wholeFeed } from './support/feed-check.js';
import { Random } from './support/random.js';

const WRITERS = 4;
const SHORT_ROUNDS = 1;
const FULL_ROUNDS = 5;
/** The lease of a process that was killed has to run out first, which takes a minute. */
const LONGEST_WAIT_MS = 180_000;

export const drill: Drill = {
  promise:
    'a consumer of a module gets every event, in the order of the feed, from two processes that are killed at random',
  async run(options): Promise<Outcome> {
    const receiver = await Receiver.start();
    const service = await DrillService.start({
      ...{ LOG_LEVEL: 'fatal', RATE_LIMIT_REQUESTS: '0', WEB_CONCURRENCY: '2' },
      ...{ MODULES: join(import.meta.dirname, 'support', 'echo-module.js'), ECHO_URL: receiver.url('/echo') },
    });
    try {
      return await consume(service, receiver, options);
    } finally {
      await service.stop();
      await receiver.stop();
    }
  },
};

async function consume(service: DrillService, receiver: Receiver, { full, seed, log }: DrillOptions): Promise<Outcome> {
  const random = new Random(seed);
  const api = service.client();
  await api.post('/pipeline', { template: 'erpnext' });
  receiver.answer = (_received, response) => {
    setTimeout(() => response.writeHead(200).end(), random.between(0, 5));
  };
  const writers = new DealWriters(service, WRITERS, seed);
  const rounds = full ? FULL_ROUNDS : SHORT_ROUNDS;
  for (let round = 1; round <= rounds; round++) {
    await writers.writeUntil(async () => {
      await wait(random.between(500, 1500));
      await service.kill();
    });
    log(`round ${round}: ${receiver.all.length} calls so far`);
  }
  const events = await wholeFeed(api);
  await arrived(receiver, events);
  const failures = [...writers.failures, ...faultsOf(receiver, events)];
  const figure = `${events.length} events after ${rounds} kills; ${receiver.all.length} calls`;
  return { passed: failures.length === 0, figure, failures };
}

/** The ids of the events in the order in which they first arrived. */
function firstArrivals(receiver: Receiver): string[] {
  return [...new Set(receiver.all.map(({ event }) => event.id as string))];
}

async function arrived(receiver: Receiver, events: readonly Json[]): Promise<void> {
  for (const until = performance.now() + LONGEST_WAIT_MS; performance.now() < until;) {
    if (firstArrivals(receiver).length >= events.length) return;
    await wait(500);
  }
}

function faultsOf(receiver: Receiver, events: readonly Json[]): string[] {
  const heard = firstArrivals(receiver);
  const known = new Set(heard);
  const lost = events.filter(({ id }) => !known.has(id as string));
  if (lost.length > 0) return lost.map(({ id, type }) => `never heard of ${type} ${id}`);
  return events.flatMap(({ id }, at) =>
    heard[at] === id ? [] : [`place ${at} of the feed: ${id}, but heard ${heard[at]}`],
  );
}

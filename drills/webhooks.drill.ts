import { setTimeout as wait } from 'node:timers/promises';
import type { Client, Json } from '../test/support/client.js';
import { Receiver } from '../test/support/receiver.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DealWriters } from './support/deal-writers.js';
import { DrillService } from './support/drill-service.js';
import { wholeFeed } from './support/feed-check.js';
import { Random } from './support/random.js';

const WRITERS = 4;
const SHORT_ROUNDS = 2;
const FULL_ROUNDS = 10;
/** A lease of a process that was killed has to run out, and retries take their time. */
const LONGEST_WAIT_MS = 180_000;

export const drill: Drill = {
  promise: 'every event reaches every endpoint, in order where asked, from two processes that are killed at random',
  async run(options): Promise<Outcome> {
    const service = await DrillService.start({ LOG_LEVEL: 'fatal', RATE_LIMIT_REQUESTS: '0', WEB_CONCURRENCY: '2' });
    const receiver = await Receiver.start();
    try {
      return await deliver(service, receiver, options);
    } finally {
      await service.stop();
      await receiver.stop();
    }
  },
};

async function deliver(service: DrillService, receiver: Receiver, { full, seed, log }: DrillOptions): Promise<Outcome> {
  const random = new Random(seed);
  const api = service.client();
  misbehave(receiver, random);
  const paths = ['/steady', '/flaky', '/moved', '/ordered'];
  const endpoints: Json[] = [];
  for (const path of paths) endpoints.push(await newEndpoint(api, receiver.url(path), path === '/ordered'));
  // After the endpoints, as these get what happens from then on.
  await api.post('/pipeline', { template: 'erpnext' });
  const writers = new DealWriters(service, WRITERS, seed);
  const rounds = full ? FULL_ROUNDS : SHORT_ROUNDS;
  for (let round = 1; round <= rounds; round++) {
    await writers.writeUntil(async () => {
      await wait(random.between(300, 1000));
      await service.kill();
    });
    log(`round ${round}: ${receiver.all.length} requests received so far`);
  }
  const events = await wholeFeed(api);
  const { failures } = writers;
  for (const path of ['/steady', '/flaky', '/ordered']) failures.push(...(await missing(receiver, path, events)));
  failures.push(...disorder(receiver.at('/ordered').map(({ event }) => event)));
  if (receiver.at('/elsewhere').length > 0) failures.push('a redirect was followed');
  const figure = `${events.length} events at each of 3 endpoints after ${rounds} kills; ${receiver.all.length} requests received`;
  return { passed: failures.length === 0, figure, failures };
}

/** Fails the first attempt of a fifth of the events at one endpoint, sends another one elsewhere, and stalls now and then. */
function misbehave(receiver: Receiver, random: Random): void {
  const failed = new Set<string>();
  receiver.answer = ({ path, event }, response) => {
    const id = event.id as string;
    if (path === '/moved') response.writeHead(302, { location: receiver.url('/elsewhere') }).end();
    else if (path === '/flaky' && !failed.has(id) && random.between(1, 5) === 1) {
      failed.add(id);
      response.writeHead(500).end('not now');
    } else setTimeout(() => response.writeHead(200).end('ok'), random.between(0, 20));
  };
}

async function newEndpoint(api: Client, url: string, isOrdered: boolean): Promise<Json> {
  const body = { url, enabled_events: ['*'], ...(isOrdered && { ordering: 'per_opportunity' }) };
  const { status, text, body: endpoint } = await api.post('//api/webhook-endpoints', body);
  if (status !== 201) throw new Error(`no endpoint: ${status} ${text}`);
  return endpoint;
}

async function missing(receiver: Receiver, path: string, events: readonly Json[]): Promise<string[]> {
  const until = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const got = new Set(receiver.at(path).map(({ event }) => event.id as string));
    const left = events.filter(({ id }) => !got.has(id as string));
    if (left.length === 0) return [];
    if (performance.now() > until) return left.map(({ id, type }) => `${path} never got ${type} ${id}`);
    await wait(500);
  }
}

/** Events of an opportunity whose first arrival is not in the order of their versions. */
function disorder(received: readonly Json[]): string[] {
  const last = new Map<string, number>();
  const seen = new Set<string>();
  return received.flatMap(({ id, opportunity_id, version }) => {
    if (seen.has(id as string)) return [];
    seen.add(id as string);
    const before = last.get(opportunity_id as string) ?? 0;
    last.set(opportunity_id as string, version as number);
    return version < before ? [`${opportunity_id}: version ${version} came after ${before}`] : [];
  });
}

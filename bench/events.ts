import { CountingReceiver } from './counting-receiver.js';
import { createDatabase, createKey, fillDatabase, type Database, type Server } from './database.js';
import { drive, type Turn } from './drive.js';
import { FeedReader } from './feed-reader.js';
import { chooseMaterial, type Material } from './material.js';
import { figuresOf, ratios, warmUp, type Contender } from './measure.js';
import type { Options } from './options.js';
import { eventsTable, growthTable } from './report.js';
import { errorsIn, type EventFigures, type Result } from './result.js';
import { chooseScenarios } from './scenarios.js';
import { Target } from './target.js';

/** One event for each write: those derived from it are left out. */
const EVENT = 'opportunity.updated';

interface Side {
  database: Database;
  material: Material;
  service: Target;
}

/** What an endpoint costs those who write, and how fast events get to it and into the feed. */
export async function deliver(server: Server, options: Options, result: Result): Promise<void> {
  const receiver = await CountingReceiver.start();
  const sides: Side[] = [];
  try {
    for (const name of ['untold', 'told']) sides.push(await prepare(server, name, options.rows));
    const [untold, told] = sides as [Side, Side];
    await addEndpoint(told, receiver.url);
    for (const connections of options.connections) {
      const contenders = [writer(untold, 'no endpoint'), writer(told, 'an endpoint')] as const;
      await warmUp(contenders, options.seconds);
      await compare(contenders, receiver, { ...options, connections }, result);
      const figures = await follow(contenders[1], receiver, connections, options.seconds);
      result.events.push(figures);
      console.log(`${eventsTable([figures])}\n`);
    }
  } finally {
    await Promise.all(sides.map(({ service }) => service.stop()));
    await Promise.all(sides.map(({ database }) => database.client.end()));
    receiver.stop();
  }
}

async function prepare(server: Server, name: string, rows: number): Promise<Side> {
  const database = await fillDatabase(await createDatabase(server, name), rows);
  return { database, material: await chooseMaterial(database), service: await Target.service(database) };
}

async function addEndpoint({ database, service }: Side, url: string): Promise<void> {
  const key = await createKey(database.url, 'default', 'admin');
  const response = await fetch(`${service.url}/api/webhook-endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url, enabled_events: [EVENT] }),
  });
  if (response.status !== 201) throw new Error(`No endpoint: ${response.status} ${await response.text()}`);
}

function writer({ database, material, service }: Side, name: string): Contender {
  const [update] = chooseScenarios(['update']);
  if (update === undefined) throw new Error('There is no scenario that updates.');
  let n = 0;
  return { name, target: service, postmaster: database.postmaster, next: () => update.call(n++, material) };
}

/** In turns; what an endpoint is owed is delivered before the other one has its turn. */
async function compare(
  contenders: readonly [Contender, Contender],
  receiver: CountingReceiver,
  { rounds, seconds, connections }: { rounds: number; seconds: number; connections: number },
  result: Result,
): Promise<void> {
  const turns: [Turn[], Turn[]] = [[], []];
  await receiver.quiet();
  for (let round = 0; round < rounds; round++)
    for (const at of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const { target, postmaster, next } = contenders[at];
      turns[at].push(await drive(target, postmaster, next, connections, seconds));
      await receiver.quiet();
    }
  const figures = turns.map(figuresOf);
  const [base] = figures;
  if (base === undefined) return;
  result.errors.push(...errorsIn(`update at ${connections} connections`, figures));
  const named = figures.map((taken, at) => ({
    name: contenders[at]?.name ?? '',
    figures: taken,
    ratio: ratios(taken, base),
  }));
  const growth = { question: 'update', connections, contenders: named };
  result.growth.push(growth);
  console.log(`${growthTable(growth)}\n`);
}

/** Writes as fast as it goes, beside a reader of the feed, until all events have arrived. */
async function follow(
  { target, postmaster, next }: Contender,
  receiver: CountingReceiver,
  connections: number,
  seconds: number,
): Promise<EventFigures> {
  const reader = new FeedReader(target);
  await reader.start();
  const before = receiver.received;
  const since = performance.now();
  const { requests, perSecond } = await drive(target, postmaster, next, connections, seconds);
  const deliveredMeanwhile = (receiver.received - before) / ((performance.now() - since) / 1000);
  await receiver.quiet();
  const last = performance.now() - 1000;
  await reader.stop();
  const delivered = receiver.received - before;
  const lags = reader.lagsMs.toSorted((a, b) => a - b);
  const lag = (share: number): number | null => lags[Math.floor((lags.length - 1) * share)] ?? null;
  return {
    ...{ connections, writes: requests, writesPerSecond: perSecond, delivered, deliveredMeanwhile },
    deliveredPerSecond: delivered / ((last - since) / 1000),
    ...{ feedLagP50Ms: lag(0.5), feedLagP99Ms: lag(0.99) },
  };
}

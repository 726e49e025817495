import { EventChain } from '../test/support/event-chain.js';
import { createOpportunity } from '../test/support/fixtures.js';
import { createPipeline } from '../test/support/pipelines.js';
import { MixedWrites, WRITES, type Write } from '../test/support/mixed-writes.js';
import { Moments } from '../test/support/moments.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DrillService } from './support/drill-service.js';
import { Random } from './support/random.js';

const SHORT_MS = 10_000;
const FULL_MS = 60_000;
const WRITERS = 6;
const READERS = 4;
const DEALS = 4;
/** Of a hundred writes; a deal that is deleted has another one in its place. */
const DELETIONS = 2;

export const drill: Drill = {
  promise: `an answer is of one moment, and the log a chain of changes, whatever ${WRITERS} clients write at once`,
  async run(options): Promise<Outcome> {
    const service = await DrillService.start({ RATE_LIMIT_REQUESTS: '0' });
    try {
      return await readAndWrite(service, options);
    } finally {
      await service.stop();
    }
  },
};

async function readAndWrite(service: DrillService, { full, seed }: DrillOptions): Promise<Outcome> {
  const writes = new MixedWrites(service.client(), []);
  await createPipeline(writes.api);
  for (let deal = 0; deal < DEALS; deal++) writes.dealIds.push(await newDeal(writes));
  const all = [...writes.dealIds];
  const moments = new Moments(service.client());
  const until = performance.now() + (full ? FULL_MS : SHORT_MS);
  const refused: string[] = [];
  let written = 0;
  const write = async (random: Random): Promise<void> => {
    while (performance.now() < until) {
      const wanted = planned(random);
      const place = wanted.deal % DEALS;
      const { status, text } = await writes.send(wanted);
      written += 1;
      if (status >= 500) refused.push(`${wanted.kind}: ${status} ${text}`);
      if (wanted.kind !== 'delete' || status !== 200) continue;
      writes.dealIds[place] = await newDeal(writes);
      all.push(writes.dealIds[place]);
    }
  };
  const read = async (random: Random): Promise<void> => {
    while (performance.now() < until)
      await moments.read(random.between(0, 99), writes.dealIds[random.between(0, DEALS - 1)] ?? '');
  };
  const clients = (count: number, first: number, work: (random: Random) => Promise<void>): Promise<void>[] =>
    Array.from({ length: count }, (_client, index) => work(new Random(seed + first + index)));
  await Promise.all([...clients(WRITERS, 0, write), ...clients(READERS, WRITERS, read)]);
  const ids = [...new Set([...all, ...writes.dealIds])];
  const chains: EventChain[] = [];
  for (const id of ids) chains.push(await new EventChain(id, writes.listRequests).check(service.client()));
  const breaks = chains.flatMap((chain) => chain.breaks);
  const events = chains.reduce((sum, chain) => sum + chain.events, 0);
  const failures = [...moments.breaks, ...breaks, ...refused];
  const figure =
    `${moments.breaks.length} of ${moments.answers} answers that do not add up, ` +
    `${breaks.length} breaks in ${events} events of ${ids.length} deals; ${written} writes, ${refused.length} of them 5xx`;
  return { passed: failures.length === 0, figure, failures };
}

async function newDeal({ api }: MixedWrites): Promise<string> {
  const { id } = await createOpportunity(api, { items: [{ qty: 1, rate: 2.5 }, { rate: 1 }] });
  return id as string;
}

function planned(random: Random): Write {
  const others = WRITES.filter((kind) => kind !== 'delete' && kind !== 'create');
  const kind = random.between(1, 100) <= DELETIONS ? 'delete' : random.pick(others);
  const number = (): number => random.between(0, 99);
  return { kind, deal: number() * DEALS + random.between(0, DEALS - 1), child: number(), value: number() };
}

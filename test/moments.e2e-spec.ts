import * as fc from 'fast-check';
import { consumersAtRest } from './support/consumers-at-rest.js';
import { EventChain } from './support/event-chain.js';
import { createOpportunity } from './support/fixtures.js';
import { MixedWrites, WRITES, type Write } from './support/mixed-writes.js';
import { Moments } from './support/moments.js';
import { createPipeline } from './support/pipelines.js';
import { startService, type Service } from './support/service.js';

/* What a reader and the log see of deals that many write to at once. */

let service: Service;
beforeAll(async () => {
  service = await startService();
  await createPipeline(service.api);
});
afterAll(() => service.stop());

/** Deletions are few, so that there is something left to write to. */
const write: fc.Arbitrary<Write> = fc.record(
  {
    kind: fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom(...WRITES.filter((kind) => kind !== 'delete')) },
      { weight: 1, arbitrary: fc.constant('delete' as const) },
    ),
    deal: fc.nat(2),
    child: fc.nat(5),
    value: fc.nat(11),
  },
  { noNullPrototype: true },
);
const writers = fc.array(fc.array(write, { minLength: 5, maxLength: 12 }), { minLength: 3, maxLength: 6 });
/** Ways to read, for each reader. */
const readers = fc.array(fc.array(fc.nat(50), { minLength: 10, maxLength: 25 }), { minLength: 2, maxLength: 4 });
/** A run beside itself is never the same twice, so there is nothing to shrink to. */
const RUNS = { numRuns: 10, endOnFailure: true, plugins: [fc.interruptAfterTimeLimit(30_000)] };

async function threeDeals(): Promise<MixedWrites> {
  const ids: string[] = [];
  for (let deal = 0; deal < 3; deal++)
    ids.push((await createOpportunity(service.api, { items: [{ qty: 1, rate: 2.5 }, { rate: 1 }] })).id);
  return new MixedWrites(service.api, ids);
}

it('answers what is of one moment, and logs a chain of changes, whatever is written at once', async () => {
  await fc.assert(
    fc.asyncProperty(writers, readers, async (writeLists, readLists) => {
      const writes = await threeDeals();
      const moments = new Moments(service.api);
      const write = async (list: Write[]): Promise<number[]> => {
        const statuses: number[] = [];
        for (const entry of list) statuses.push((await writes.send(entry)).status);
        return statuses;
      };
      const read = async (ways: number[]): Promise<void> => {
        for (const way of ways) await moments.read(way, writes.dealIds[way % 3] ?? '');
      };
      const [statuses] = await Promise.all([Promise.all(writeLists.map(write)), Promise.all(readLists.map(read))]);
      await consumersAtRest(service);
      const chains = await Promise.all(
        writes.dealIds.map((id) => new EventChain(id, writes.listRequests).check(service.api)),
      );
      expect([200, 201, 400, 404, 409]).toEqual(expect.arrayContaining([...new Set(statuses.flat())]));
      expect(moments.breaks).toEqual([]);
      expect(chains.flatMap(({ breaks }) => breaks)).toEqual([]);
    }),
    RUNS,
  );
});

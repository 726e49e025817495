import * as fc from 'fast-check';
import type { OpportunityOperation } from './opportunity.batch.dto.js';
import { runsOf } from './opportunity.batch.runs.js';

type Operation = Pick<OpportunityOperation, 'method' | 'id'>;

const create: Operation = { method: 'create' };
const update = (id: string): Operation => ({ method: 'update', id });
const remove = (id: string): Operation => ({ method: 'delete', id });

const operation = fc.oneof(
  fc.constant(create),
  fc.constantFrom('a', 'b', 'c').map(update),
  fc.constantFrom('a', 'b', 'c').map(remove),
);

describe('runsOf', () => {
  it('puts neighbours of one method together', () => {
    expect(runsOf([create, create, update('a'), update('b'), create])).toEqual([
      [create, create],
      [update('a'), update('b')],
      [create],
    ]);
  });

  it('begins anew where an object comes again, which one statement could change only once', () => {
    expect(runsOf([update('a'), update('b'), update('a'), update('b')])).toEqual([
      [update('a'), update('b')],
      [update('a'), update('b')],
    ]);
  });

  it('makes no runs of no operations', () => {
    expect(runsOf([])).toEqual([]);
  });

  it('keeps every operation in its order, of one method and with no object twice in a run, in as few runs as that allows', () => {
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const runs = runsOf(operations);
        expect(runs.flat()).toEqual(operations);
        for (const [index, run] of runs.entries()) {
          expect(new Set(run.map(({ method }) => method)).size).toBe(1);
          expect(repeats(run)).toBe(false);
          const [next] = runs[index + 1] ?? [];
          if (next && next.method === run[0]?.method) expect(repeats([...run, next])).toBe(true);
        }
      }),
    );
  });
});

function repeats(run: readonly Operation[]): boolean {
  const ids = run.flatMap(({ id }) => id ?? []);
  return new Set(ids).size < ids.length;
}

import type { OpportunityOperation } from './opportunity.batch.dto.js';

/**
 * Cuts operations into runs that one statement can make: neighbours with the same method, no object twice. The order of
 * all operations stays.
 */
export function runsOf<T extends Pick<OpportunityOperation, 'method' | 'id'>>(operations: readonly T[]): T[][] {
  const runs: T[][] = [];
  let ids = new Set<string>();
  for (const operation of operations) {
    const run = runs.at(-1);
    const repeats = operation.id !== undefined && ids.has(operation.id);
    if (run?.[0]?.method === operation.method && !repeats) run.push(operation);
    else {
      runs.push([operation]);
      ids = new Set();
    }
    if (operation.id !== undefined) ids.add(operation.id);
  }
  return runs;
}

import type { OpportunityOperation } from './opportunity.batch.dto.js';

/**
 * Cuts operations into runs that one statement can make: neighbours with the same method, which name objects in the same
 * way and none twice. The order of all operations stays.
 */
export function runsOf<T extends Pick<OpportunityOperation, 'method' | 'id' | 'external_id'>>(
  operations: readonly T[],
): T[][] {
  const runs: T[][] = [];
  let ids = new Set<string>();
  for (const operation of operations) {
    const run = runs.at(-1);
    const name = operation.id ?? operation.external_id;
    const repeats = name !== undefined && ids.has(name);
    const [first] = run ?? [];
    const isLike = first?.method === operation.method && (first.id === undefined) === (operation.id === undefined);
    if (isLike && !repeats) run?.push(operation);
    else {
      runs.push([operation]);
      ids = new Set();
    }
    if (name !== undefined) ids.add(name);
  }
  return runs;
}

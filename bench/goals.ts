import type { Comparison, Result } from './result.js';

/** What a full run has to reach, at 16 connections and 100 000 opportunities. */
export interface Goal {
  what: string;
  /** Undefined where the run did not measure it. */
  found: number | undefined;
  atLeast?: number;
  atMost?: number;
}

const CONNECTIONS = 16;

/** Scenario → least rate, most CPU of the process, most CPU of PostgreSQL; all by the floor's. */
const BY_FLOOR: Record<string, [number, number, number]> = {
  retrieve: [0.8, 1.35, 1.1],
  'list 20': [0.85, 1.25, 1.1],
  create: [0.8, 1.4, 1.2],
  update: [0.75, 1.45, 1.2],
};

/** Question of growth → least rate of the last contender by that of the first. */
const BY_FIRST: Record<string, number> = { 'list 20': 0.85, 'deep offset': 5, 'deep cursor': 0.8 };

const MOST_MEMORY_MIB = 150;
const LONGEST_COLD_START_MS = 2500;

export function goalsOf(result: Result): Goal[] {
  const ofComparisons = Object.entries(BY_FLOOR).flatMap(([scenario, [rate, cpu, postgresCpu]]) => {
    const ratio = comparisonOf(result, scenario)?.ratio;
    return [
      { what: `${scenario}: requests/s ÷ floor`, found: ratio?.perSecond, atLeast: rate },
      { what: `${scenario}: process CPU ÷ floor`, found: ratio?.cpu ?? undefined, atMost: cpu },
      { what: `${scenario}: PostgreSQL CPU ÷ floor`, found: ratio?.postgresCpu ?? undefined, atMost: postgresCpu },
    ];
  });
  return [
    ...ofComparisons,
    { what: 'errors', found: result.errors.length, atMost: 0 },
    {
      what: 'resident memory after load, MiB',
      found: result.residentMemoryMiB?.service ?? undefined,
      atMost: MOST_MEMORY_MIB,
    },
    { what: 'cold start, ms', found: result.coldStartMs?.median, atMost: LONGEST_COLD_START_MS },
    ...goalsOfGrowth(result),
  ].filter(({ found }) => found !== undefined);
}

export function reached({ found, atLeast, atMost }: Goal): boolean {
  return found !== undefined && found >= (atLeast ?? -Infinity) && found <= (atMost ?? Infinity);
}

function goalsOfGrowth({ growth }: Result): Goal[] {
  return growth.flatMap(({ question, contenders }) => {
    const atLeast = BY_FIRST[question];
    const last = contenders.at(-1);
    if (atLeast === undefined || last === undefined) return [];
    const what = `${question}: requests/s, ${last.name} ÷ ${contenders[0]?.name ?? ''}`;
    return [{ what, found: last.ratio.perSecond, atLeast }];
  });
}

function comparisonOf({ comparisons }: Result, scenario: string): Comparison | undefined {
  return comparisons.find((entry) => entry.scenario === scenario && entry.connections === CONNECTIONS);
}

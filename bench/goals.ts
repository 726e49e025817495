import type { Result } from './result.js';

/** What a full run has to reach, at 100 000 opportunities. */
export interface Goal {
  what: string;
  /** Undefined where the run did not measure it. */
  found: number | undefined;
  atLeast?: number;
  atMost?: number;
}

/** Least and most of the service's figures by the floor's. */
interface Limits {
  scenario: string;
  connections: number;
  perSecond: number;
  cpu?: number;
  postgresCpu?: number;
}

const BY_FLOOR: readonly Limits[] = [
  { scenario: 'retrieve', connections: 16, perSecond: 0.8, cpu: 1.35, postgresCpu: 1.1 },
  { scenario: 'list 20', connections: 16, perSecond: 0.85, cpu: 1.25, postgresCpu: 1.1 },
  { scenario: 'list 20', connections: 64, perSecond: 0.85 },
  { scenario: 'create', connections: 16, perSecond: 0.8, cpu: 1.4, postgresCpu: 1.2 },
  { scenario: 'update', connections: 16, perSecond: 0.75, cpu: 1.45, postgresCpu: 1.2 },
];

/** Question of growth → least rate of the last contender by that of the first. */
const BY_FIRST: Record<string, number> = { 'list 20': 0.85, 'deep offset': 5, 'deep cursor': 0.8 };

const MOST_MEMORY_MIB = 180;
const LONGEST_COLD_START_MS = 2500;

export function goalsOf(result: Result): Goal[] {
  return [
    ...BY_FLOOR.flatMap((limits) => goalsOfComparison(result, limits)),
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

function goalsOfComparison({ comparisons }: Result, limits: Limits): Goal[] {
  const { scenario, connections, perSecond, cpu, postgresCpu } = limits;
  const ratio = comparisons.find((entry) => entry.scenario === scenario && entry.connections === connections)?.ratio;
  const what = `${scenario}, ${connections} connections`;
  return [
    { what: `${what}: requests/s ÷ floor`, found: ratio?.perSecond, atLeast: perSecond },
    ...(cpu === undefined
      ? []
      : [{ what: `${what}: process CPU ÷ floor`, found: ratio?.cpu ?? undefined, atMost: cpu }]),
    ...(postgresCpu === undefined
      ? []
      : [{ what: `${what}: PostgreSQL CPU ÷ floor`, found: ratio?.postgresCpu ?? undefined, atMost: postgresCpu }]),
  ];
}

import { setTimeout as wait } from 'node:timers/promises';
import { drive, type Call, type Turn } from './drive.js';
import type { Target } from './target.js';

/** Between two turns, so that what one left in flight is not counted to the next. */
const PAUSE_MS = 50;

const WARM_UP_REQUESTS = 4000;
const WARM_UP_TURNS = 5;
const WARM_UP_CONNECTIONS = 16;

/** One of those that are measured against each other. */
export interface Contender {
  name: string;
  target: Target;
  postmaster: number;
  next: () => Call;
}

/** What a contender took, as the median of its turns. */
export interface Figures {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  cpuUs: number | null;
  postgresCpuUs: number | null;
  turns: Turn[];
}

/** One contender by another, as the median of the rounds' ratios: both had the same moment of the machine. */
export interface Ratios {
  perSecond: number;
  cpu: number | null;
  postgresCpu: number | null;
}

/** Lets the contenders take turns, in turned-around order every second round. */
export async function measure(
  contenders: readonly Contender[],
  { connections, rounds, seconds }: { connections: number; rounds: number; seconds: number },
): Promise<Map<string, Figures>> {
  const turns = new Map<string, Turn[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    for (const { name, target, postmaster, next } of order) {
      turns.get(name)?.push(await drive(target, postmaster, next, connections, seconds));
      await wait(PAUSE_MS);
    }
  }
  return new Map([...turns].map(([name, taken]) => [name, figuresOf(taken)]));
}

/**
 * Lets the compilers of all contenders settle before any of them is measured: by a number of requests, as a busy machine
 * does too few of them in any fixed time, but not for ever.
 */
export async function warmUp(contenders: readonly Contender[], seconds: number): Promise<void> {
  for (const { target, postmaster, next } of contenders) {
    let requests = 0;
    for (let turn = 0; turn < WARM_UP_TURNS && requests < WARM_UP_REQUESTS; turn++)
      requests += (await drive(target, postmaster, next, WARM_UP_CONNECTIONS, seconds)).requests;
  }
}

export function ratios(of: Figures, by: Figures): Ratios {
  const ratio = (pick: (turn: Turn) => number | null): number | null =>
    medianOf(of.turns.map((turn, round) => quotient(pick(turn), by.turns[round] && pick(by.turns[round]))));
  return {
    perSecond: ratio(({ perSecond }) => perSecond) ?? 0,
    cpu: ratio(({ cpuUs }) => cpuUs),
    postgresCpu: ratio(({ postgresCpuUs }) => postgresCpuUs),
  };
}

/** Null as soon as one of the values is. */
export function medianOf(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length < values.length || sorted.length === 0) return null;
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

export function figuresOf(turns: Turn[]): Figures {
  const median = (pick: (turn: Turn) => number | null): number | null => medianOf(turns.map(pick));
  return {
    perSecond: median(({ perSecond }) => perSecond) ?? 0,
    p50Ms: median(({ p50Ms }) => p50Ms) ?? 0,
    p99Ms: median(({ p99Ms }) => p99Ms) ?? 0,
    cpuUs: median(({ cpuUs }) => cpuUs),
    postgresCpuUs: median(({ postgresCpuUs }) => postgresCpuUs),
    turns,
  };
}

function quotient(value: number | null, by: number | null | undefined): number | null {
  return value === null || by === null || by === undefined || by === 0 ? null : value / by;
}

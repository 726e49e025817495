import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import type { Figures, Ratios } from './measure.js';
import type { Options } from './options.js';

/** A scenario at a number of connections: the service against the floor. */
export interface Comparison {
  scenario: string;
  connections: number;
  service: Figures;
  floor: Figures;
  /** Service by floor. */
  ratio: Ratios;
}

/** What becomes of a request as the table grows, or as the page lies deeper. */
export interface Growth {
  question: string;
  connections: number;
  contenders: { name: string; figures: Figures; /** By the first contender. */ ratio: Ratios }[];
}

/** How fast events get out while a workspace with an endpoint and a reader writes. */
export interface EventFigures {
  connections: number;
  writes: number;
  writesPerSecond: number;
  delivered: number;
  /** While the writing goes on, and until the last event has arrived. */
  deliveredMeanwhile: number;
  deliveredPerSecond: number;
  /** Age of events when a reader of the feed gets them; null if it got none. */
  feedLagP50Ms: number | null;
  feedLagP99Ms: number | null;
}

/** What a run found; the JSON file is this. */
export interface Result {
  at: string;
  machine: { cpus: number; model: string; platform: string; node: string; loadBefore: number[] };
  commit: string | undefined;
  postgres: string;
  options: Pick<Options, 'rows' | 'rounds' | 'seconds' | 'connections'>;
  comparisons: Comparison[];
  growth: Growth[];
  events: EventFigures[];
  residentMemoryMiB: { service: number | null; floor: number | null } | undefined;
  coldStartMs: { median: number; runs: number[] } | undefined;
  /** What went wrong during the load, one line each. */
  errors: string[];
}

export function emptyResult(options: Options): Result {
  const [first] = cpus();
  const { rows, rounds, seconds, connections } = options;
  return {
    at: new Date().toISOString(),
    machine: {
      cpus: cpus().length,
      model: first?.model ?? '',
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      loadBefore: loadavg(),
    },
    commit: commit(),
    postgres: '',
    options: { rows, rounds, seconds, connections },
    comparisons: [],
    growth: [],
    events: [],
    residentMemoryMiB: undefined,
    coldStartMs: undefined,
    errors: [],
  };
}

export function errorsIn(where: string, figures: Iterable<Figures>): string[] {
  return [...figures].flatMap(({ turns }) =>
    turns.flatMap(({ errors }) => errors.map((error) => `${where}: ${error}`)),
  );
}

/** Undefined outside of a checkout. */
function commit(): string | undefined {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long after the attempt before each attempt starts. */
export const DELAYS_MS = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
];

const SPREAD = 0.2;
/** For receivers that say, or show, that they have too much to do. */
const BUSY_MS = MINUTE;
const LONGEST_MS = 24 * HOUR;
const BUSY = [429, 502, 504];

/** How an attempt failed. */
export interface Failure {
  statusCode: number | null;
  isTimeout: boolean;
  retryAfter: string | undefined;
}

/** How long after an attempt the next one starts; undefined if it was the last. `tries` are those made so far. */
export function delayAfter(
  tries: number,
  { statusCode, isTimeout, retryAfter }: Failure,
  random = Math.random(),
  now = Date.now(),
): number | undefined {
  const delay = DELAYS_MS[tries];
  if (delay === undefined) return undefined;
  const spread = delay * (1 - SPREAD + 2 * SPREAD * random);
  const isBusy = isTimeout || (statusCode !== null && BUSY.includes(statusCode));
  return Math.round(Math.max(spread, isBusy ? BUSY_MS : 0, Math.min(askedFor(retryAfter, now), LONGEST_MS)));
}

function askedFor(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0;
  if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter) * SECOND;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? 0 : date - now;
}

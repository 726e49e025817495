const SECOND = 1000;
const PAUSES_MS = [1, 5, 30, 120, 600].map((seconds) => seconds * SECOND);
const SPREAD = 0.2;

/** How long a consumer pauses after so many failures for one event; the last pause is repeated. */
export function pauseAfter(failures: number, random = Math.random()): number {
  const pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1] ?? 0;
  return Math.round(pause * (1 - SPREAD + 2 * SPREAD * random));
}

import type { Call } from './call.js';

/** For the rest of a transaction. The lock timeout is shorter, so that a wait for a lock is not reported as a slow query. */
const limitTo = (ms: string): string =>
  `select set_config('lock_timeout', (ms * 0.9)::int::text, true), set_config('statement_timeout', ms::int::text, true)
  from (select ${ms} as ms) given`;

const TO_MS = limitTo('$1::numeric');
const TO_SHARE = limitTo(`extract(epoch from current_setting('statement_timeout')::interval) * 1000 * $1::numeric`);

/** Limits the statements that follow in the transaction to so many milliseconds each; at least one. */
export function limitTime({ manager }: Call, ms: number): Promise<unknown> {
  return manager.query(TO_MS, [Math.max(1, Math.floor(ms))]);
}

/** Limits them to a share of the time that a statement has now. */
export function limitTimeToShare({ manager }: Call, share: number): Promise<unknown> {
  return manager.query(TO_SHARE, [share]);
}

import { setTimeout as wait } from 'node:timers/promises';
import type { Call } from './call.js';
import { count } from '../counts.js';
import { isConflict } from '../errors/sqlstate.js';
import { inTurn } from './turns.js';

const ATTEMPTS = 4;
const LONGEST_WAIT_MS = 20;

/** Runs the work in a transaction: the call's own if it is in one, else a new one, run again if it meets a conflict. */
export function transact<T>(call: Call, work: (call: Call) => Promise<T>): Promise<T> {
  return transactOn(call, undefined, work);
}

/** The same for a writer of one object, which waits without a connection until those before it are done; `id` is the object's. */
export function transactOn<T>(call: Call, id: string | undefined, work: (call: Call) => Promise<T>): Promise<T> {
  return isInTransaction(call) ? work(call) : writeOn(call, id, () => inTransaction(call, work));
}

/** The same for a write that is its own transaction. */
export function writeOn<T>(call: Call, id: string | undefined, write: () => Promise<T>): Promise<T> {
  if (isInTransaction(call)) return write();
  return id === undefined ? retryConflicts(write) : inTurn(call, id, () => retryConflicts(write));
}

/** Runs the work in a new transaction, or in a savepoint of the one the call is in. */
export function inTransaction<T>(call: Call, work: (call: Call) => Promise<T>): Promise<T> {
  return call.manager.transaction((manager) => work({ ...call, manager }));
}

export function isInTransaction({ manager }: Call): boolean {
  return manager.queryRunner?.isTransactionActive === true;
}

/**
 * Runs the attempt again when PostgreSQL gave it up for a deadlock or a serialisation failure, three times at most: it
 * has undone all of it, so doing it again is safe. The waits are short and random, so that two do not meet again.
 */
export async function retryConflicts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS - 1; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !isConflict(error)) throw error;
      count('transaction_retries');
      await wait(Math.random() * LONGEST_WAIT_MS);
    }
  }
}

import type { Call } from '../call/call.js';

/** How long a client may take nothing of an answer before its transaction is given up. */
const STALLED = '60s';

/**
 * Reads in steps that see one moment, for as long as whoever asks takes their results: on one connection, which counts as
 * the workspace's. No statement has a limit of time; the end of the request is what ends one.
 */
export async function* readAlong<T>(call: Call, read: (call: Call) => AsyncGenerator<T>): AsyncGenerator<T> {
  const runner = call.manager.dataSource.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    await runner.query(
      `select set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', $1, true)`,
      [STALLED],
    );
    yield* read({ ...call, manager: runner.manager });
  } finally {
    // It may have been ended already, and nobody waits for it.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    await runner.release();
  }
}

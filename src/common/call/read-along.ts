import type { QueryRunner } from 'typeorm';
import type { Call } from './call.js';

/** How long the reader may take over one part: a client that has stopped reading would hold its transaction for ever. */
const STALLED_MS = 60_000;

/** The reader came back after its transaction was given up. */
export class StalledError extends Error {
  constructor() {
    super('The transaction of this answer was given up, as its client took nothing for too long.');
  }
}

/**
 * Reads in steps that see one moment, for as long as whoever asks takes their results: on one connection, which counts as
 * the workspace's. No statement has a limit of time; the end of the request is what ends one. Between two steps, a reader
 * that does not ask for the next one in time loses connection and transaction.
 */
export async function* readAlong<T>(
  call: Call,
  read: (call: Call) => AsyncGenerator<T>,
  stalledMs = STALLED_MS,
): AsyncGenerator<T> {
  const runner = call.manager.dataSource.createQueryRunner();
  let given: Promise<void> | undefined;
  const giveBack = (): Promise<void> => (given ??= endOf(runner));
  try {
    await runner.startTransaction('REPEATABLE READ');
    // Should this process hang, PostgreSQL gives the transaction up.
    await runner.query(
      `select set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', $1, true)`,
      [`${2 * stalledMs}ms`],
    );
    for await (const part of read({ ...call, manager: runner.manager })) {
      const timer = setTimeout(() => void giveBack(), stalledMs);
      try {
        yield part;
      } finally {
        clearTimeout(timer);
      }
      if (given !== undefined) throw new StalledError();
    }
  } finally {
    await giveBack();
  }
}

async function endOf(runner: QueryRunner): Promise<void> {
  // It may have been ended already, and nobody waits for it.
  if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
  await runner.release();
}

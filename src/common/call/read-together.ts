import { AttachedValue } from '../attached-value.js';
import type { Call } from './call.js';
import { isInTransaction } from './transact.js';

/** The managers of transactions that only read. */
const reading = new AttachedValue<true>();

/**
 * Runs reads that see one moment, whatever others write meanwhile: those of a transaction that only reads, or of the
 * transaction the call is in, which holds the locks of what it reads. Statements that do not wait for each other's answers
 * are sent together, the begin with the first of them; nobody waits for the commit.
 */
export async function readTogether<T>(call: Call, read: (call: Call) => Promise<T>): Promise<T> {
  if (isInTransaction(call)) return read(call);
  const runner = call.manager.dataSource.createQueryRunner();
  reading.attach(runner.manager, true);
  let end = (): Promise<void> => runner.rollbackTransaction();
  try {
    await runner.startTransaction('REPEATABLE READ');
    const found = await read({ ...call, manager: runner.manager });
    end = () => runner.commitTransaction();
    return found;
  } finally {
    // Whatever becomes of it, the answer is there; a connection that fails here is not used again.
    void end()
      .catch(() => undefined)
      .then(() => runner.release());
  }
}

/** Does the call only read? Not so within a transaction that writes. */
export function isReading(call: Call): boolean {
  return !isInTransaction(call) || reading.of(call.manager) === true;
}

import type { Call } from '../call/call.js';
import { transact } from '../transactions/transact.js';
import { idsOf } from './column-sql.js';
import type { TableEvents } from './table-events.js';

/** A row that is written: with the id that it has, with that of the object that it is to refer to, or with both. */
type Written = Readonly<Record<string, unknown>>;

/**
 * The objects in whose history the changes of a table's rows stand, although these are no children that their writers
 * lock it for. They are locked here, before the write: an event would else tell of a version that is no longer the last.
 */
export class HistorySubjects {
  private readonly column: string;
  private readonly lock: string | undefined;

  constructor(table: string, { subject, referredTable }: TableEvents) {
    this.column = subject;
    const former = `select ${subject} from ${table} where workspace_id = $1 and id = any(${idsOf('$3')})`;
    this.lock =
      referredTable &&
      `select id from ${referredTable} where workspace_id = $1
        and id = any(array(select unnest($2::text[]) union ${former})) order by id for no key update`;
  }

  /** Runs the write of these rows, in a transaction that has locked the objects which they refer to, and referred to before. */
  whileLocked<T>(call: Call, rows: readonly object[], write: (call: Call) => Promise<T>): Promise<T> {
    const { lock } = this;
    if (lock === undefined) return write(call);
    const valuesOf = (name: string): unknown[] => rows.map((row) => (row as Written)[name]).filter(Boolean);
    return transact(call, async (call) => {
      await call.manager.query(lock, [call.workspaceId, valuesOf(this.column), valuesOf('id')]);
      return write(call);
    });
  }
}

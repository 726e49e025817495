import type { Call } from '../call/call.js';
import { transact } from '../call/transact.js';
import { idsOf } from './column-sql.js';
import type { TableEvents } from './table-events.js';

/** A row that is written: with the id that it has, with that of the object that it is to refer to, or with both. */
type Written = Readonly<Record<string, unknown>>;

/**
 * The objects in whose history the changes of a table's rows stand, other than parents of ordered children, which their
 * writers lock themselves. They are locked before the rows, as an event would else tell of a version that is no longer the
 * last.
 */
export class HistorySubjects {
  private readonly column: string;
  private readonly text: string | undefined;

  constructor(table: string, { subject, referredTable }: TableEvents) {
    this.column = subject;
    const former = `select ${subject} from ${table} where workspace_id = $1 and id = any(${idsOf('$3')})`;
    this.text =
      referredTable &&
      `select id from ${referredTable} where workspace_id = $1
        and id = any(array(select unnest($2::text[]) union ${former})) order by id for no key update`;
  }

  get areLocked(): boolean {
    return this.text !== undefined;
  }

  /** Runs the write of these rows, in a transaction that has locked the objects which they refer to, and referred to before. */
  whileLocked<T>(call: Call, rows: readonly object[], write: (call: Call) => Promise<T>): Promise<T> {
    if (this.text === undefined) return write(call);
    return transact(call, async (call) => {
      await this.lock(call, rows);
      return write(call);
    });
  }

  /** Locks them in one order, as `Table.lock` does; in a transaction, before somebody locks the rows. */
  async lock(call: Call, rows: readonly object[]): Promise<void> {
    if (this.text === undefined) return;
    const valuesOf = (name: string): unknown[] => rows.map((row) => (row as Written)[name]).filter(Boolean);
    await call.manager.query(this.text, [call.workspaceId, valuesOf(this.column), valuesOf('id')]);
  }
}

import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Call } from '../call/call.js';
import { listenersOf, type Listeners } from '../changes/listeners.js';
import type { Change } from '../changes/on-change.decorator.js';
import { transact } from '../transactions/transact.js';
import type { Versioned } from '../versions/versions.js';

type Row = Versioned & { id: string };

/** A row that a telling statement answers; without a former row if it stayed as it was. */
type Told = Row & { former_row?: Partial<Row> | null };

/** The writes of one table, as those who listen to its changes hear of them. */
export class HeardWrites<E extends Versioned> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly entity: Type<E>,
    private readonly reread: (call: Call, ids: readonly string[]) => Promise<E[]>,
  ) {}

  /** Undefined as long as nobody listens. */
  get listeners(): Listeners | undefined {
    return listenersOf(this.dataSource, this.entity);
  }

  /** Writes and tells of it in one transaction; answers the rows as they are after everyone has heard. */
  write(
    call: Call,
    listeners: Listeners,
    type: 'created' | 'updated',
    write: (call: Call) => Promise<E[]>,
  ): Promise<E[]> {
    return transact(call, async (call) => {
      const rows = await write(call);
      const changes = (rows as unknown as Told[]).flatMap((row) => changeOf(type, row));
      const isHeard = await listeners.tell(call, changes);
      return isHeard ? this.current(call, rows) : rows;
    });
  }

  /** Deletes and tells of it in one transaction. */
  delete(
    call: Call,
    listeners: Listeners,
    remove: (call: Call) => Promise<{ id: string }[]>,
  ): Promise<{ id: string }[]> {
    return transact(call, async (call) => {
      const gone = (await remove(call)) as { id: string; former_row?: Partial<E> | null }[];
      const changes = gone.map(({ id, former_row: before = null }): Change<E> => ({
        type: 'deleted',
        id,
        before,
        after: null,
      }));
      await listeners.tell(call, changes);
      return gone;
    });
  }

  /** A listener may have written to the very rows. */
  private async current(call: Call, rows: readonly E[]): Promise<E[]> {
    const ids = (rows as readonly unknown[] as readonly Row[]).map(({ id }) => id);
    const found = new Map((await this.reread(call, ids)).map((row) => [(row as unknown as Row).id, row]));
    return ids.flatMap((id) => found.get(id) ?? []);
  }
}

/** The change that a row tells of; takes what it was off it. */
function changeOf(type: 'created' | 'updated', row: Told): Change<Row>[] {
  const { former_row: before = null } = row;
  delete row.former_row;
  // A row that had all values already was not written; a single one is then answered without its id.
  const isWritten = type === 'created' || (before !== null && (row.id as string | null) !== null);
  return isWritten ? [{ type, id: row.id, before, after: row }] : [];
}

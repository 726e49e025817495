import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Call } from '../call/call.js';
import { listenersOf, type Listeners } from '../events/listeners.js';
import type { Change } from '../events/on-change.decorator.js';
import { transact } from '../call/transact.js';
import type { Versioned } from '../versions/versions.js';
import type { TableSql } from './table-sql.js';

type Row = Versioned & { id: string };

/** A row as a telling statement answers it, with what it was; without its id if it stayed as it was. */
interface Told {
  id: string | null;
  former_row?: object | null;
}

/** The text of a statement, or of the one that also answers what the rows were. */
type Text = (isTelling: boolean) => string;

/**
 * The writes of one table. Where somebody listens to changes of its rows, they are told within the transaction of the
 * write; as long as nobody does, the statements are as they were.
 */
export class HeardWrites<E extends Versioned> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly entity: Type<E>,
    private readonly statements: TableSql,
  ) {}

  insert(call: Call, text: string, parameters: unknown[]): Promise<E[]> {
    const { listeners } = this;
    if (listeners === undefined) return call.manager.query<E[]>(text, parameters);
    return this.tellRows(call, listeners, text, parameters, (row) => ({ type: 'created', before: null, id: row.id }));
  }

  update(call: Call, text: Text, parameters: unknown[]): Promise<E[]> {
    const { listeners } = this;
    if (listeners === undefined) return call.manager.query<E[]>(text(false), parameters);
    return this.tellRows(call, listeners, text(true), parameters, ({ id, former_row: before }) =>
      before ? { type: 'updated', before, id } : undefined,
    );
  }

  delete(call: Call, text: Text, parameters: unknown[]): Promise<{ id: string }[]> {
    const { listeners } = this;
    if (listeners === undefined) return call.manager.query<{ id: string }[]>(text(false), parameters);
    return transact(call, async (call) => {
      const gone = await call.manager.query<{ id: string; former_row: object | null }[]>(text(true), parameters);
      await listeners.tell(
        call,
        gone.map(({ id, former_row: before }): Change<object> => ({ type: 'deleted', id, before, after: null })),
      );
      return gone;
    });
  }

  /** Nothing is told of what the object was. */
  async tellErased(call: Call, id: string): Promise<void> {
    await this.listeners?.tell(call, [{ type: 'erased', id, before: null, after: null }]);
  }

  /** Undefined as long as nobody listens. */
  private get listeners(): Listeners | undefined {
    return listenersOf(this.dataSource, this.entity);
  }

  /** Answers the rows as they are after everyone has heard: a listener may have written to them. */
  private tellRows(
    call: Call,
    listeners: Listeners,
    text: string,
    parameters: unknown[],
    changeOf: (row: Told) => { type: 'created' | 'updated'; before: object | null; id: string | null } | undefined,
  ): Promise<E[]> {
    return transact(call, async (call) => {
      const rows = await call.manager.query<(E & Told)[]>(text, parameters);
      const changed = rows.flatMap((row) => changeOf(row) ?? []).filter((change) => change.id !== null);
      for (const row of rows) delete row.former_row;
      const ids = changed.map(({ id }) => id ?? '');
      const whole = await this.read(call, this.statements.findManyWhole, ids);
      const changes = changed.map(({ type, before }, at): Change<object> => {
        const id = ids[at] ?? '';
        return { type, id, before, after: whole.get(id) ?? null };
      });
      if (!(await listeners.tell(call, changes))) return rows;
      const now = await this.read(call, this.statements.findMany, ids);
      return rows.map((row) => (now.get(row.id ?? '') as unknown as E | undefined) ?? row);
    });
  }

  private async read(call: Call, text: string, ids: readonly string[]): Promise<Map<string, Row>> {
    const rows = ids.length === 0 ? [] : await call.manager.query<Row[]>(text, [call.workspaceId, ids]);
    return new Map(rows.map((row) => [row.id, row]));
  }
}

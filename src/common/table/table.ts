import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Call } from '../call/call.js';
import { propertyNames } from '../fields/property-metadata.js';
import { resourceMissing, type ApiException } from '../errors/api.exception.js';
import { callParameters } from '../events/event-sql.js';
import { defaultsOf } from '../fields/defaults.js';
import { resourceOf } from '../fields/entity-keys.js';
import { historyKeyOf } from '../fields/reference.field.js';
import { newId } from '../ids/id.js';
import { stringifyExact } from '../json/exact-number.js';
import { preconditionFailed, requireVersion, type ExpectedVersions, type Versioned } from '../versions/versions.js';
import { transactOn, writeOn } from '../call/transact.js';
import { columnList } from './column-sql.js';
import { ExternalIds } from './external-ids.js';
import { HeardWrites } from './heard-writes.js';
import { HistorySubjects } from './history-subjects.js';
import { historyTablesOf, referringParts } from './referring-tables.js';
import type { RowSource } from './row-source.js';
import { TableSql, type TableOptions } from './table-sql.js';

export type { TableOptions };

/**
 * Reads and writes the rows of one entity, every one keyed by workspace. Rows are answered as the driver parses them,
 * without hydration: on a list of 20 a repository costs 2.3 times the CPU, on one row 3.8 times. Values come from checked
 * bodies, names from the entity's metadata. Every write leaves an event for each row, in the same statement.
 */
export class Table<E extends Versioned> {
  readonly name: string;
  /** Columns that are shown, in document order. */
  readonly columns: readonly string[];
  /** Those, and the ones that only `fields` shows. */
  readonly allColumns: readonly string[];
  /** The tables whose changes make up the history of a row: its own and those of its children. */
  readonly historyTables: readonly string[];
  /** The condition of the rows that a read finds, over the workspace as `$1`. */
  readonly visible: string;
  /** Are there rows that no read finds? */
  readonly hidesRows: boolean;
  /** Name of the resource, in ids and errors. */
  readonly resource: string;
  /** What a statement of your own reads rows from. */
  readonly source: RowSource;
  readonly externalIds: ExternalIds;
  private readonly statements: TableSql;
  private readonly defaults: object | undefined;
  private readonly heard: HeardWrites<E>;
  private readonly subjects: HistorySubjects;

  constructor(
    readonly dataSource: DataSource,
    readonly entity: Type<E>,
    options: TableOptions = {},
  ) {
    const parts = { ...options.parts, ...referringParts(dataSource, entity) };
    const subjectKey = options.subjectKey ?? historyKeyOf(entity) ?? 'id';
    this.resource = resourceOf(entity);
    this.defaults = defaultsOf(entity);
    this.statements = new TableSql(dataSource, entity, propertyNames(entity), { ...options, parts, subjectKey });
    this.heard = new HeardWrites(dataSource, entity, this.statements);
    this.name = this.statements.table;
    this.subjects = new HistorySubjects(this.name, this.statements.events);
    this.externalIds = new ExternalIds(this.name, entity);
    this.columns = this.statements.columns;
    this.allColumns = this.statements.stored;
    this.source = this.statements.source;
    this.visible = this.statements.visible;
    this.hidesRows = options.visibleIf !== undefined;
    const ofChildren = Object.values(options.parts ?? {}).map(({ table }) => table);
    this.historyTables = [this.name, ...ofChildren, ...historyTablesOf(dataSource, entity)];
  }

  /** Columns for a select or returning list, of the table or of an alias. */
  columnsSql(names: readonly string[] = [...this.columns, 'version'], alias = this.name): string {
    return columnList(names, alias);
  }

  /** Has it an index in the order of this column? */
  hasOrderOf(name: string): boolean {
    const { indices } = this.dataSource.getMetadata(this.entity);
    return indices.some(({ columns: [, first], where }) => where === undefined && first?.databaseName === name);
  }

  /** What the log keeps of a row that is made or goes, as SQL over an alias. */
  json(alias: string): string {
    return this.statements.events.json(alias);
  }

  async find(call: Call, id: string, names?: readonly string[]): Promise<E | undefined> {
    const [row] = await call.manager.query<E[]>(this.statements.find(names), [call.workspaceId, id]);
    return row;
  }

  /** The attributes of a row as `find` has them, or as they were when it was deleted, if the log still knows. */
  async findFormer(call: Call, id: string, names: readonly string[]): Promise<Partial<E> | undefined> {
    const [row] = await call.manager.query<Partial<E>[]>(this.statements.findFormer(names), [call.workspaceId, id]);
    return row;
  }

  /** Throws 404 unless there is such a row. */
  async get(call: Call, id: string, names?: readonly string[]): Promise<E> {
    const row = await this.find(call, id, names);
    if (row === undefined) throw resourceMissing(this.resource, id);
    return row;
  }

  /** Is a write of these values sent at once, in one statement? Else it looks something up, or locks something, before. */
  isSentAtOnce(values: Partial<E>): boolean {
    return !this.externalIds.isGiven(values) && !this.subjects.areLocked;
  }

  /** In no particular order. */
  findMany(call: Call, ids: readonly string[]): Promise<E[]> {
    return call.manager.query<E[]>(this.statements.findMany, [call.workspaceId, ids]);
  }

  /** Inserts a row with a new id. */
  async insert(call: Call, values: Partial<E>): Promise<E> {
    return (await this.insertIf(call, values)) as E;
  }

  /** The same where the SQL condition `onlyIf` over the workspace as `$1` holds; else it answers nothing. */
  async insertIf(call: Call, values: Partial<E>, onlyIf?: string): Promise<E | undefined> {
    // A body without an attribute gets the default that a module gave it.
    const given = this.defaults === undefined ? values : { ...this.defaults, ...values };
    const insert = (): Promise<E | undefined> => this.insertGiven(call, given, onlyIf);
    return this.externalIds.isGiven(given) ? this.afterLookingUp(call, [given], insert) : insert();
  }

  private async insertGiven(call: Call, given: Partial<E>, onlyIf: string | undefined): Promise<E | undefined> {
    const names = this.statements.given(given);
    const parameters = [...callParameters(call), newId(this.resource), ...valuesOf(names, given)];
    const text = this.statements.insert(names, onlyIf);
    const [row] = await this.subjects.whileLocked(call, [given], (call) => this.heard.insert(call, text, parameters));
    return row;
  }

  /**
   * Inserts any number of rows with new ids and one statement, the same for every choice of columns and every number but
   * one; answers them in order.
   */
  async insertMany(call: Call, values: readonly Partial<E>[]): Promise<E[]> {
    return (await this.insertManyIf(call, values)) as E[];
  }

  /** The same where the SQL condition `onlyIf` over the workspace as `$1` holds; else it answers nothing. */
  async insertManyIf(call: Call, values: readonly Partial<E>[], onlyIf?: string): Promise<E[] | undefined> {
    const [first] = values;
    if (first === undefined) return [];
    // Who writes the children of a parent knows all of them.
    if (this.externalIds.areOfWorkspace) await this.externalIds.requireFree(call, values);
    if (values.length === 1) {
      const row = await this.insertGiven(call, { ...this.defaults, ...first }, onlyIf);
      return row && [row];
    }
    const given = values.map((entry) => ({ ...this.defaults, ...entry, id: newId(this.resource) }));
    const parameters = [...callParameters(call), stringifyExact(given)];
    const text = this.statements.insertMany(onlyIf);
    const rows = await this.subjects.whileLocked(call, given, (call) => this.heard.insert(call, text, parameters));
    if (rows.length === 0) return undefined;
    const byId = new Map((rows as (E & { id: string })[]).map((row) => [row.id, row]));
    return given.map(({ id }) => byId.get(id) as E);
  }

  /**
   * Changes the given columns and answers the row; where all have these values already, it stays as it is and there is no
   * event. Throws 404, or 412 for another version.
   */
  async update(call: Call, id: string, changes: Partial<E>, expected?: ExpectedVersions): Promise<E> {
    const row = await this.updateIf(call, id, changes, expected);
    if (row === undefined) throw await this.refusal(call, id, expected);
    return row;
  }

  /**
   * The same where the SQL condition `onlyIf` of the row holds; else it answers nothing, as it does where there is no row of
   * an expected version.
   */
  async updateIf(
    call: Call,
    id: string,
    changes: Partial<E>,
    expected?: ExpectedVersions,
    onlyIf?: string,
  ): Promise<E | undefined> {
    const names = this.statements.given(changes);
    if (names.length === 0) return this.unchanged(call, id, expected);
    const update = (): Promise<E | undefined> => this.updateGiven(call, id, { names, changes, expected, onlyIf });
    if (!this.externalIds.isGiven(changes)) return update();
    return this.afterLookingUp(call, [{ ...changes, id }], update);
  }

  private async updateGiven(
    call: Call,
    id: string,
    { names, changes, expected, onlyIf }: GivenChange<E>,
  ): Promise<E | undefined> {
    const key = [...callParameters(call), id, ...(expected === undefined ? [] : [expected])];
    const parameters = [...key, ...valuesOf(names, changes)];
    const text = (isTelling: boolean): string =>
      this.statements.update(names, { isConditional: expected !== undefined, onlyIf, isTelling });
    const update = (call: Call): Promise<E[]> => this.heard.update(call, text, parameters);
    for (;;) {
      const [row] = (await this.subjects.whileLocked(call, [{ ...changes, id }], update)) as Answered<E>[];
      if (row === undefined) return undefined;
      if (row.id !== null) return row;
      const same = await this.get(call, id);
      // Else somebody changed it in between, and there may be something to change by now.
      if (same.version === row.version) return same;
    }
  }

  /** The same for any number of rows with one statement, for every choice of columns; answers those there were. */
  async updateMany(call: Call, changes: readonly (Partial<E> & { id: string })[]): Promise<E[]> {
    if (changes.length === 0) return [];
    if (this.externalIds.areOfWorkspace) await this.externalIds.requireFree(call, changes);
    const parameters = [...callParameters(call), stringifyExact(changes)];
    const text = (isTelling: boolean): string => this.statements.updateMany(isTelling);
    return this.subjects.whileLocked(call, changes, (call) => this.heard.update(call, text, parameters));
  }

  /** Throws 404, or 412 for another version. */
  async delete(call: Call, id: string, expected?: ExpectedVersions): Promise<void> {
    const gone = await this.deleteLocked(call, [id], expected);
    if (gone.length === 0) throw await this.refusal(call, id, expected);
  }

  /** Answers the ids of those that were there. */
  async deleteMany(call: Call, ids: readonly string[]): Promise<string[]> {
    return ids.length === 0 ? [] : this.deleteLocked(call, ids);
  }

  /** Tells who listens that a row was erased, in the transaction of the erasure, by statements of somebody else. */
  async tellErased(call: Call, id: string): Promise<void> {
    await this.heard.tellErased(call, id);
  }

  /** Locks rows in one order, so that two who change the same ones do not wait for each other. */
  async lock(call: Call, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.subjects.lock(call, withIds(ids));
    await call.manager.query(this.statements.lock, [call.workspaceId, ids]);
  }

  /** Children are read in a statement after the lock: one that waits for it does not see what was written meanwhile. */
  private async deleteLocked(call: Call, ids: readonly string[], expected?: ExpectedVersions): Promise<string[]> {
    const parameters = [...callParameters(call), ids, ...(expected === undefined ? [] : [expected])];
    const text = (isTelling: boolean): string => this.statements.delete(expected !== undefined, isTelling);
    const remove = (call: Call): Promise<{ id: string }[]> => this.heard.delete(call, text, parameters);
    const only = ids.length === 1 ? ids[0] : undefined;
    const gone = this.statements.events.hasParts
      ? transactOn(call, only, async (call) => {
          await this.subjects.lock(call, withIds(ids));
          await call.manager.query(this.statements.lockToDelete, [call.workspaceId, ids]);
          return remove(call);
        })
      : this.subjects.whileLocked(call, withIds(ids), remove);
    return (await gone).map(({ id }) => id);
  }

  /** Once more if somebody else gave the same id to another object in the meantime, and then sees it. */
  private afterLookingUp<T>(call: Call, rows: readonly object[], write: () => Promise<T>): Promise<T> {
    return writeOn(call, undefined, async () => {
      await this.externalIds.requireFree(call, rows);
      return write();
    });
  }

  private async unchanged(call: Call, id: string, expected: ExpectedVersions): Promise<E> {
    const row = await this.get(call, id);
    requireVersion(row.version, expected);
    return row;
  }

  /** Why a write met no row: there is none, or it has another version. */
  private async refusal(call: Call, id: string, expected: ExpectedVersions): Promise<ApiException> {
    const row = await this.find(call, id);
    return row === undefined ? resourceMissing(this.resource, id) : preconditionFailed(row.version, expected);
  }
}

/** A change of one row: the columns that it names, and under which conditions it is made. */
interface GivenChange<E> {
  names: readonly string[];
  changes: Partial<E>;
  expected: ExpectedVersions;
  onlyIf: string | undefined;
}

/** A row as an update answers it: without an id when there was nothing to change. */
type Answered<E> = E & { id: string | null };

function withIds(ids: readonly string[]): { id: string }[] {
  return ids.map((id) => ({ id }));
}

function valuesOf(names: readonly string[], values: object): unknown[] {
  return names.map((name) => (values as Record<string, unknown>)[name]);
}

import type { Type } from '@nestjs/common';
import type { EntityMetadata } from 'typeorm';
import { eventInsert } from '../events/event-sql.js';
import { registerEventTypes } from '../events/event-types.js';
import { parentKeyOf } from '../fields/entity-keys.js';
import { jsonOfValues, jsonWhere, shownColumns, type AttributesSql } from './column-sql.js';

/** Children of a row: their table, the column with its id, and what the log keeps of one, as SQL over an alias. */
export interface ChildTable {
  table: string;
  parentKey: string;
  json: (alias: string) => string;
  /** By position unless given. */
  order?: string;
}

/** Children of a row by the name of their list. */
export type ChildTables = Readonly<Record<string, ChildTable>>;

export interface EventOptions {
  /** Column with the id of the object in whose history changes of a row belong; its own id unless given. */
  subjectKey?: string;
  /** Children that a deletion takes along, for what the log keeps of it. */
  parts?: ChildTables;
  /** Attributes that answers do not show as the column has them: SQL over an alias. */
  shownAs?: Readonly<Record<string, (alias: string) => string>>;
}

/** The part of a writing statement that leaves an event for each row of one entity's table. */
export class TableEvents {
  private readonly table: string;
  readonly subject: string;
  /** The table of the subject where that is another object. */
  private readonly subjectTable: string | undefined;
  /** Is the subject the parent, which every writer of its children counts up afterwards? */
  private readonly isCountedUp: boolean;
  private readonly parts: ChildTables;
  private readonly shownAs: NonNullable<EventOptions['shownAs']>;

  /** `stored` are the columns that are shown, in document order. */
  constructor(
    private readonly metadata: EntityMetadata,
    private readonly stored: readonly string[],
    { subjectKey = 'id', parts = {}, shownAs = {} }: EventOptions,
  ) {
    this.table = metadata.tableName;
    this.subject = subjectKey;
    this.subjectTable = metadata.foreignKeys.find(({ columnNames }) => columnNames.includes(subjectKey))
      ?.referencedEntityMetadata.tableName;
    this.isCountedUp = parentKeyOf(metadata.target as Type) === subjectKey;
    this.parts = parts;
    this.shownAs = shownAs;
    registerEventTypes(this.table, 'created', 'updated', 'deleted');
  }

  /** The table of the subject where nobody who writes rows has locked it before. */
  get referredTable(): string | undefined {
    return this.isCountedUp ? undefined : this.subjectTable;
  }

  get hasParts(): boolean {
    return Object.keys(this.parts).length > 0;
  }

  /** Of the rows in `written`; several are numbered by what is joined to them. */
  created(from = 'written', number?: string): string {
    return eventInsert({
      type: `${this.table}.created`,
      readsTable: this.subjectTable !== undefined,
      subject: `written.${this.subject}`,
      object: 'written.id',
      version: this.versionAfter('written', 0),
      after: this.json('written'),
      from,
      ...(number !== undefined && { number }),
    });
  }

  /** Of the rows in `written` with what differs from `former` among the names; several come with their number. */
  updated(names: readonly string[], number?: string): string {
    const differs = (name: string): string => `former.${name} is distinct from written.${name}`;
    return eventInsert({
      type: `${this.table}.updated`,
      readsTable: this.subjectTable !== undefined,
      subject: `former.${this.subject}`,
      object: 'former.id',
      version: this.versionAfter(this.subjectTable === undefined ? 'written' : 'former', 0),
      before: jsonWhere(shownColumns(this.metadata, names, 'former'), differs),
      after: jsonWhere(shownColumns(this.metadata, names, 'written'), differs),
      from: 'former join written on written.id = former.id',
      ...(number !== undefined && { number }),
    });
  }

  /** Of the rows in `gone`, whose ids are `$4`, with their children as `gone` has them. */
  deleted(): string {
    const parts = Object.keys(this.parts).map((name) => [name, `gone.${partColumn(name)}`]);
    return eventInsert({
      type: `${this.table}.deleted`,
      readsTable: this.subjectTable !== undefined,
      subject: `gone.${this.subject}`,
      object: 'gone.id',
      version: this.versionAfter('gone', 1),
      before: jsonOfValues({ ...this.attributes('gone'), ...(Object.fromEntries(parts) as AttributesSql) }),
      from: 'gone',
      number: 'array_position($4::text[], gone.id::text)',
    });
  }

  /** What the log keeps of a row that is made or goes: every attribute that has a value, as an answer shows it. */
  json(alias: string): string {
    return jsonOfValues(this.attributes(alias));
  }

  private attributes(alias: string): AttributesSql {
    const shown = Object.entries(this.shownAs).map(([name, sql]) => [name, sql(alias)]);
    return {
      ...shownColumns(this.metadata, this.stored, alias),
      ...(Object.fromEntries(shown) as AttributesSql),
    };
  }

  /**
   * The version of the subject once the transaction of a write is done: the row's own and `more`, for a child the next one
   * of its parent, which the caller has locked and counts up afterwards, and else the present one of what it refers to,
   * which `HistorySubjects` has locked.
   */
  private versionAfter(alias: string, more: 0 | 1): string {
    if (this.subjectTable === undefined) return more === 0 ? `${alias}.version` : `${alias}.version + 1`;
    const parent = `workspace_id = $1 and id = ${alias}.${this.subject}`;
    return `(select p.version${this.isCountedUp ? ' + 1' : ''} from ${this.subjectTable} p where p.${parent})`;
  }

  /** Columns with the children of a row as the log keeps them, for a select that comes before the deletion. */
  partColumns(alias: string): string {
    const parts = Object.entries(this.parts).map(([name, { table, parentKey, json, order = 'c.idx' }]) => {
      const rows = `from ${table} c where c.workspace_id = $1 and c.${parentKey} = ${alias}.id`;
      return `, (select ('[' || string_agg(${json('c')}, ',' order by ${order}) || ']')::json ${rows}) as ${partColumn(name)}`;
    });
    return parts.join('');
  }
}

/** No column of a table has such a name. */
function partColumn(name: string): string {
  return `"#${name}"`;
}

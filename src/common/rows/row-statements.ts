import type { Type } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import { eventInsert } from '../events/event-sql.js';

/** Every change counts the version up, and is later than the one before even if the clock stands still or went back. */
export const NEXT_VERSION = `version = version + 1,
  updated_at = greatest(clock_timestamp(), updated_at + interval '1 millisecond')`;

/** Children of a row: their table, the column with its id, and the columns to keep. */
export interface RowPart {
  table: string;
  parentKey: string;
  columns: readonly string[];
}

/** Children of a row by the name of their list. */
export type RowParts = Readonly<Record<string, RowPart>>;

/** Texts kept, those that were used last, so that memory stays bounded whatever sets of names bodies have. */
const MOST_TEXTS = 500;

/** Columns that no body changes. */
const KEYS = new Set(['workspace_id', 'id', 'created_at', 'updated_at']);

/** A column of an entity as statements need it. */
interface RowColumn {
  name: string;
  /** As in SQL, such as `numeric(21,9)`. */
  type: string;
  /** SQL expression; undefined where null is the default. */
  default: string | undefined;
}

/** Columns of a table or an alias, for a select or returning list. */
export function columnList(names: readonly string[], alias: string): string {
  return names.map((name) => `${alias}.${name}`).join(', ');
}

/**
 * Ids that are one parameter, for `= any(…)` and `unnest(…)`. Behind a select the planner does not see how many there are,
 * so one kept plan serves every number; else it plans anew for each request, which takes as long as the work itself.
 */
export function idsOf(place: string): string {
  return `array(select unnest(${place}::text[]))`;
}

/**
 * The texts of the statements on one entity's table, built once from its TypeORM metadata: columns in document order.
 * Reads take the workspace as `$1`; writes take the author as `$1` to `$3`, and leave an event for each row.
 */
export class RowStatements {
  readonly table: string;
  readonly columns: readonly string[];
  /** The condition of the rows that a read finds. */
  readonly visible: string;
  readonly findMany: string;
  readonly insertMany: string;
  readonly updateMany: string;
  private readonly texts = new LRUCache<string, string>({ max: MOST_TEXTS });
  private readonly writable: readonly RowColumn[];
  private readonly writableNames: readonly string[];
  private readonly next: string;
  private readonly all: string;
  private readonly subject: string;
  private readonly parts: RowParts;

  constructor(
    dataSource: DataSource,
    entity: Type,
    documented: readonly string[],
    { subjectKey = 'id', parts = {}, visibleIf }: { subjectKey?: string; parts?: RowParts; visibleIf?: string },
  ) {
    const metadata = dataSource.getMetadata(entity);
    const selected = new Set(metadata.columns.filter((column) => column.isSelect).map((column) => column.databaseName));
    this.table = metadata.tableName;
    this.columns = documented.filter((name) => selected.has(name));
    this.writable = metadata.columns
      .filter((column) => column.isInsert && column.databaseName !== 'workspace_id')
      .map((column) => ({
        name: column.databaseName,
        type: dataSource.driver.createFullType({ ...column, type: dataSource.driver.normalizeType(column) } as never),
        default: dataSource.driver.normalizeDefault(column),
      }));
    this.writableNames = this.writable.map(({ name }) => name);
    this.next = selected.has('updated_at') ? NEXT_VERSION : 'version = version + 1';
    this.all = columnList([...this.columns, 'version'], this.table);
    this.subject = subjectKey;
    this.parts = parts;
    this.visible = visibleIf === undefined ? 'workspace_id = $1' : `workspace_id = $1 and ${visibleIf}`;
    this.findMany = `select ${this.all} from ${this.table} where ${this.visible} and id = any(${idsOf('$2')})`;
    this.insertMany = this.insertManyText();
    this.updateMany = this.updateManyText();
  }

  /** The names among the writable columns, in their order, so that bodies with the same keys share one prepared statement. */
  given(values: object): string[] {
    return this.writableNames.filter((name) => Object.hasOwn(values, name));
  }

  find(names?: readonly string[]): string {
    const list = names === undefined ? this.all : columnList(names, this.table);
    return `select ${list} from ${this.table} where ${this.visible} and id = $2`;
  }

  /** `$4` is the new id, `$5` what the log keeps, then one value for each name. */
  insert(names: readonly string[]): string {
    return this.remember(`insert ${names.join()}`, () => this.insertText(names));
  }

  private insertText(names: readonly string[]): string {
    const places = names.map((_name, index) => `$${index + 6}`);
    const event = eventInsert({
      type: `${this.table}.created`,
      subject: this.subject === 'id' ? '$4' : (places[names.indexOf(this.subject)] ?? 'null'),
      object: '$4',
      after: '$5',
    });
    return `with written as (insert into ${this.table} (${['workspace_id', 'id', ...names].join(', ')})
        values (${['$1', '$4', ...places].join(', ')}) returning ${this.all}),
      logged as (${event})
      select * from written`;
  }

  /** `$4` is the list of rows. */
  private insertManyText(): string {
    const names = this.writableNames.join(', ');
    const values = this.writable.map((column) =>
      column.default === undefined ? `x.${column.name}` : `coalesce(x.${column.name}, ${column.default})`,
    );
    const types = this.writable.map(({ name, type }) => `${name} ${type}`).join(', ');
    const event = eventInsert({
      type: `${this.table}.created`,
      subject: `given->>'${this.subject}'`,
      object: `given->>'id'`,
      after: `(given - 'id')`,
      from: `jsonb_array_elements($4::jsonb) as given`,
    });
    return `with written as (insert into ${this.table} (workspace_id, ${names}) select $1, ${values.join(', ')}
        from jsonb_to_recordset($4::jsonb) as x(${types}) returning ${this.all}),
      logged as (${event})
      select * from written`;
  }

  /**
   * `$4` is the id, `$5` the versions where some are expected, then one value for each name. The row is locked before it is
   * read, so what the log has as before is what this very change replaced.
   */
  update(names: readonly string[], isConditional: boolean): string {
    const key = `update ${isConditional ? 'if ' : ''}${names.join()}`;
    return this.remember(key, () => this.updateText(names, isConditional));
  }

  private updateText(names: readonly string[], isConditional: boolean): string {
    const first = isConditional ? 6 : 5;
    const assignments = names.map((name, index) => `${name} = $${index + first}`).join(', ');
    const event = eventInsert({
      type: `${this.table}.updated`,
      subject: 'former.subject',
      object: 'former.id',
      before: 'former.attributes',
      after: json(columnList(names, 'written')),
      from: 'former, written',
    });
    return `with former as (select id, ${this.subject} as subject, ${json(columnList(names, this.table))} as attributes from ${this.table}
        where workspace_id = $1 and id = $4${isConditional ? ' and version = any($5)' : ''} for update),
      written as (update ${this.table} set ${assignments}, ${this.next} from former
        where workspace_id = $1 and ${this.table}.id = $4 returning ${this.all}),
      logged as (${event})
      select * from written`;
  }

  /** `$4` is the list of changes, each with the id of its row; the caller holds the locks. */
  private updateManyText(): string {
    const columns = this.writable.filter(({ name }) => !KEYS.has(name));
    const assignments = columns.map(
      ({ name }) => `${name} = case when x.given ? '${name}' then x.${name} else t.${name} end`,
    );
    const list = columns.map(({ name }) => `c.${name}`).join(', ');
    const types = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
    const changed = (row: string): string =>
      `(select json_object_agg(name, to_jsonb(${row})->name) from jsonb_object_keys(x.given - 'id') as name)`;
    const event = eventInsert({
      type: `${this.table}.updated`,
      subject: `t.${this.subject}`,
      object: 't.id',
      before: changed('t'),
      after: changed('written'),
      from: `x join ${this.table} t on t.workspace_id = $1 and t.id = x.row_id join written on written.id = t.id`,
    });
    return `with x as (select given, given->>'id' as row_id, ${list} from jsonb_array_elements($4::jsonb) as given,
        lateral jsonb_to_record(given) as c(${types})),
      written as (update ${this.table} t set ${assignments.join(', ')}, ${this.next} from x
        where t.workspace_id = $1 and t.id = x.row_id returning ${columnList([...this.columns, 'version'], 't')}),
      logged as (${event})
      select * from written`;
  }

  /** Writing a text takes longer than anything else on the way of a write, and bodies have the same few sets of names. */
  private remember(key: string, write: () => string): string {
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const text = write();
    this.texts.set(key, text);
    return text;
  }

  /** `$4` are the ids, `$5` the versions where some are expected. */
  delete(isConditional: boolean): string {
    const event = eventInsert({
      type: `${this.table}.deleted`,
      subject: `gone.${this.subject}`,
      object: 'gone.id',
      before: `json_strip_nulls(${json([columnList(this.columns, 'gone'), ...this.partsOf('gone')].join(', '))})`,
      from: 'gone',
    });
    return `with gone as (delete from ${this.table}
        where workspace_id = $1 and id = any(${idsOf('$4')})${isConditional ? ' and version = any($5)' : ''} returning *),
      logged as (${event})
      select id from gone`;
  }

  /** The children of a row as the log keeps them, as they are before the deletion takes them along. */
  private partsOf(alias: string): string[] {
    return Object.entries(this.parts).map(([name, { table, parentKey, columns }]) => {
      const rows = `select ${columnList(columns, 'c')} from ${table} c where c.workspace_id = $1 and c.${parentKey} = ${alias}.id order by c.idx`;
      return `(select json_agg(row_to_json(part)) from (${rows}) part) as ${name}`;
    });
  }
}

/** A JSON object of some columns. */
function json(list: string): string {
  return `(select row_to_json(o) from (select ${list}) o)`;
}

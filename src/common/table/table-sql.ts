import type { Type } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import { computedOf } from '../fields/computed.fields.js';
import type { ChangeRules } from './change-rules.js';
import { columnList, idsOf, jsonOf } from './column-sql.js';
import { newMap } from './map-sql.js';
import { answerConstraints } from './parameter-constraints.js';
import { RowColumns } from './row-columns.js';
import { RowSource } from './row-source.js';
import { TableEvents, type EventOptions } from './table-events.js';
import { UpdateSql, type UpdateOptions } from './update-sql.js';

export interface TableOptions extends EventOptions {
  /** SQL condition of the rows that clients see; all unless given. */
  visibleIf?: string;
  /** Joins that the computed attributes need; none of them changes the number of rows. */
  joins?: string;
  changeRules?: ChangeRules;
}

/** Texts kept, those that were used last, so that memory stays bounded whatever sets of names bodies have. */
const MOST_TEXTS = 500;

/** The number of a row among those of one statement, where `g` is joined. */
const NUMBER = 'g."#number"';

/**
 * The texts of the statements on one entity's table, built once from its TypeORM metadata: columns in document order.
 * Reads take the workspace as `$1`; writes take workspace, key and request as `$1` to `$3`, and leave an event for each row.
 */
export class TableSql {
  readonly table: string;
  /** The columns of default answers. */
  readonly columns: readonly string[];
  /** All columns that are shown. */
  readonly stored: readonly string[];
  readonly source: RowSource;
  readonly events: TableEvents;
  /** The condition of the rows that a read finds. */
  readonly visible: string;
  readonly findMany: string;
  /** The same with all that is shown of the rows. */
  readonly findManyWhole: string;
  /** `$2` are the ids. Rows that refer to these may be inserted meanwhile: their inserter may lock the row for a change, too. */
  readonly lock: string;
  /** The same, but nobody may refer to the rows any more. */
  readonly lockToDelete: string;
  private readonly texts = new LRUCache<string, string>({ max: MOST_TEXTS });
  private readonly rowColumns: RowColumns;
  private readonly updates: UpdateSql;

  constructor(
    dataSource: DataSource,
    entity: Type,
    documented: readonly string[],
    { visibleIf, joins = '', changeRules, ...events }: TableOptions,
  ) {
    const metadata = dataSource.getMetadata(entity);
    answerConstraints(metadata, documented);
    this.table = metadata.tableName;
    this.rowColumns = new RowColumns(dataSource, metadata, entity, documented);
    this.stored = this.rowColumns.stored;
    this.columns = this.rowColumns.byDefault;
    this.source = new RowSource(this.table, computedOf(entity), joins);
    this.events = new TableEvents(metadata, this.stored, events);
    this.updates = new UpdateSql(this.table, this.rowColumns, this.events, changeRules);
    this.visible = visibleIf === undefined ? 'workspace_id = $1' : `workspace_id = $1 and ${visibleIf}`;
    const among = `from ${this.table} where ${this.visible} and id = any(${idsOf('$2')})`;
    this.findMany = `select ${this.answered} ${among}`;
    this.findManyWhole = `select ${this.everything} ${among}`;
    const locked = `select id from ${this.table} where workspace_id = $1 and id = any(${idsOf('$2')}) order by id`;
    this.lock = `${locked} for no key update`;
    this.lockToDelete = `${locked} for update`;
  }

  /** The names of the values that can be written, in the order of the columns. */
  given(values: object): string[] {
    return this.rowColumns.given(values);
  }

  find(names?: readonly string[]): string {
    return this.remember(`find ${names?.join() ?? ''}`, () => {
      const list = names === undefined ? this.answered : columnList(names, this.table);
      return `select ${list} from ${this.source.from(names ?? [])} where ${this.visible} and id = $2`;
    });
  }

  /** Attributes of the row with id `$2`, be it hidden, or deleted while the log still has it; as it was last, if there were several. */
  findFormer(names: readonly string[]): string {
    const list = columnList(names, this.table);
    // In the history of another object, its own id finds it by an index of such events.
    const found =
      this.events.subject === 'id'
        ? 'event.subject_id = $2'
        : 'event.subject_id <> event.object_id and event.after is null';
    const gone = this.source.from(
      names,
      `(select gone.* from event, json_populate_record(null::${this.table}, event.before) gone
        where event.workspace_id = $1 and ${found} and event.object_id = $2
          and event.type = '${this.table}.deleted' and event.before is not null
        order by event.created_at desc limit 1)`,
    );
    return `select ${list} from ${this.source.from(names)} where ${this.table}.workspace_id = $1 and ${this.table}.id = $2
      union all select ${list} from ${gone} limit 1`;
  }

  /** `$4` is the new id, then one value for each name. With a condition, there may be no row. */
  insert(names: readonly string[], onlyIf?: string): string {
    return this.remember(`insert ${onlyIf ?? ''} ${names.join()}`, () => this.insertText(names, onlyIf));
  }

  private insertText(names: readonly string[], onlyIf: string | undefined): string {
    const places = names.map((name, index) => {
      const place = `$${index + 5}`;
      if (this.rowColumns.isMap(name)) return newMap(`${place}::jsonb`);
      return onlyIf === undefined ? place : `${place}::${this.rowColumns.comparedAs(name)}`;
    });
    const keys = onlyIf === undefined ? ['$1', '$4'] : ['$1::text', '$4::text'];
    const values = [...keys, ...places].join(', ');
    return `with written as (insert into ${this.table} (${['workspace_id', 'id', ...names].join(', ')})
        ${onlyIf === undefined ? `values (${values})` : `select ${values} where ${onlyIf}`} returning ${this.everything}),
      logged as (${this.events.created()})
      select ${this.answered} from written ${this.table}`;
  }

  /** `$4` is the list of rows. */
  insertMany(onlyIf = 'true'): string {
    return this.remember(`insert many ${onlyIf}`, () => this.insertManyText(onlyIf));
  }

  private insertManyText(onlyIf: string): string {
    const { writable } = this.rowColumns;
    const names = writable.map(({ name }) => name).join(', ');
    const values = writable.map(({ name, default: byDefault, isMap }) => {
      if (isMap) return newMap(`x.${name}`);
      return byDefault === undefined ? `x.${name}` : `coalesce(x.${name}, ${byDefault})`;
    });
    const types = writable.map(({ name, type }) => `${name} ${type}`).join(', ');
    const numbered = `jsonb_array_elements($4::jsonb) with ordinality as g (given, "#number") join written on written.id = given->>'id'`;
    return `with written as (insert into ${this.table} (workspace_id, ${names}) select ${onlyIf === 'true' ? '$1' : '$1::text'}, ${values.join(', ')}
        from jsonb_to_recordset($4::jsonb) as x(${types})${onlyIf === 'true' ? '' : ` where (select ${onlyIf})`} returning ${this.everything}),
      logged as (${this.events.created(numbered, NUMBER)})
      select ${this.answered} from written ${this.table}`;
  }

  /** The update of one row, which `UpdateSql` describes. */
  update(names: readonly string[], options: UpdateOptions): string {
    const { isConditional, onlyIf = '', isTelling } = options;
    const key = `update ${isConditional ? 'if ' : ''}${isTelling ? 'telling ' : ''}${onlyIf} ${names.join()}`;
    return this.remember(key, () => this.updates.one(names, options));
  }

  /** The update of many. */
  updateMany(isTelling = false): string {
    return this.remember(isTelling ? 'telling all' : 'all', () => this.updates.many(isTelling));
  }

  /** What a statement that writes returns of the row. */
  private get everything(): string {
    return this.rowColumns.everything(this.table);
  }

  /** What default answers have of the row. */
  private get answered(): string {
    return this.rowColumns.answered(this.table);
  }

  /** Writing a text takes longer than anything else on the way of a request, and requests have the same few sets of names. */
  private remember(key: string, write: () => string): string {
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const text = write();
    this.texts.set(key, text);
    return text;
  }

  /** `$4` are the ids, `$5` the versions where some are expected. Whoever deletes rows with children has locked them before. */
  delete(isConditional: boolean, isTelling = false): string {
    const key = `delete ${isConditional ? 'if ' : ''}${isTelling ? 'telling' : ''}`;
    return this.remember(key, () => {
      const which = `where workspace_id = $1 and id = any(${idsOf('$4')})${isConditional ? ' and version = any($5)' : ''}`;
      const gone = this.events.hasParts
        ? this.goneWithParts(which)
        : `gone as (delete from ${this.table} ${which} returning *)`;
      return `with ${gone},
      logged as (${this.events.deleted()})
      select id${isTelling ? `, ${jsonOf(columnList(this.stored, 'gone'))} as former_row` : ''} from gone`;
    });
  }

  /** The children are read before the deletion takes them along: a distributed engine runs the parts one after the other. */
  private goneWithParts(which: string): string {
    return `gone as materialized (select *${this.events.partColumns(this.table)} from ${this.table} ${which} for update),
      removed as (delete from ${this.table} where workspace_id = $1 and id = any(array(select id from gone)))`;
  }
}

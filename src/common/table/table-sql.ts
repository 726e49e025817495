import type { Type } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import { isOptIn } from '../docs/property-metadata.js';
import { computedOf } from '../fields/computed.fields.js';
import { mapsOf } from '../fields/entity-keys.js';
import { CHANGE_TIME, type ChangeRules } from './change-rules.js';
import { mergedMap, newMap } from './map-sql.js';
import { answerConstraints } from './parameter-constraints.js';
import { columnList, idsOf, jsonOf, NEXT_VERSION } from './column-sql.js';
import { RowSource } from './row-source.js';
import { TableEvents, type EventOptions } from './table-events.js';

export interface TableOptions extends EventOptions {
  /** SQL condition of the rows that clients see; all unless given. */
  visibleIf?: string;
  /** Joins that the computed attributes need; none of them changes the number of rows. */
  joins?: string;
  changeRules?: ChangeRules;
}

/** Which update it is; a telling one also answers what the columns were. */
export interface UpdateOptions {
  isConditional: boolean;
  /** A condition of the row as it was. */
  onlyIf?: string | undefined;
  isTelling?: boolean;
}

/** Texts kept, those that were used last, so that memory stays bounded whatever sets of names bodies have. */
const MOST_TEXTS = 500;

/** The number of a row among those of one statement, where `g` is joined. */
const NUMBER = 'g."#number"';

/** Columns that no body changes. */
const KEYS = new Set(['workspace_id', 'id', 'created_at', 'updated_at']);

/** A column of an entity as statements need it. */
interface RowColumn {
  name: string;
  /** As in SQL, such as `numeric(21,9)`. */
  type: string;
  /** SQL expression; undefined where null is the default. */
  default: string | undefined;
  /** Is it a map, into which a change merges? */
  isMap: boolean;
}

/**
 * The texts of the statements on one entity's table, built once from its TypeORM metadata: columns in document order.
 * Reads take the workspace as `$1`; writes take workspace, key and request as `$1` to `$3`, and leave an event for each row.
 */
export class TableSql {
  readonly table: string;
  readonly columns: readonly string[];
  readonly source: RowSource;
  /** The condition of the rows that a read finds. */
  readonly visible: string;
  readonly findMany: string;
  /** `$2` are the ids. */
  readonly lock: string;
  /** The same with all that is shown of the rows. */
  readonly findManyWhole: string;
  private readonly texts = new LRUCache<string, string>({ max: MOST_TEXTS });
  private readonly writable: readonly RowColumn[];
  private readonly writableNames: readonly string[];
  /** Columns that a body changes and an event tells of. */
  private readonly loggedNames: readonly string[];
  private readonly next: string;
  /** The columns that default answers have, and the version. */
  private readonly all: string;
  /** All columns that are shown, and the version. */
  readonly stored: readonly string[];
  private readonly rules: ChangeRules | undefined;
  readonly events: TableEvents;

  constructor(
    dataSource: DataSource,
    entity: Type,
    documented: readonly string[],
    { visibleIf, joins = '', changeRules, ...events }: TableOptions,
  ) {
    const metadata = dataSource.getMetadata(entity);
    answerConstraints(metadata, documented);
    const selected = new Set(metadata.columns.filter((column) => column.isSelect).map((column) => column.databaseName));
    this.table = metadata.tableName;
    this.stored = documented.filter((name) => selected.has(name));
    this.columns = this.stored.filter((name) => !isOptIn(entity, name));
    this.source = new RowSource(this.table, computedOf(entity), joins);
    this.rules = changeRules;
    this.events = new TableEvents(metadata, this.stored, events);
    const maps = new Set(mapsOf(entity));
    this.writable = metadata.columns
      .filter((column) => column.isInsert && column.databaseName !== 'workspace_id')
      .map((column) => ({
        name: column.databaseName,
        type: dataSource.driver.createFullType({ ...column, type: dataSource.driver.normalizeType(column) } as never),
        default: dataSource.driver.normalizeDefault(column),
        isMap: maps.has(column.databaseName),
      }));
    this.writableNames = this.writable.map(({ name }) => name);
    this.loggedNames = this.shown(this.writableNames).filter((name) => !KEYS.has(name));
    this.next = selected.has('updated_at') ? NEXT_VERSION : 'version = version + 1';
    this.all = this.allOf(this.table);
    this.visible = visibleIf === undefined ? 'workspace_id = $1' : `workspace_id = $1 and ${visibleIf}`;
    this.findMany = `select ${this.all} from ${this.table} where ${this.visible} and id = any(${idsOf('$2')})`;
    this.findManyWhole = `select ${this.everything} from ${this.table} where ${this.visible} and id = any(${idsOf('$2')})`;
    this.lock = `select id from ${this.table} where workspace_id = $1 and id = any(${idsOf('$2')}) order by id for update`;
  }

  /** The names among the writable columns, in their order, so that bodies with the same keys share one prepared statement. */
  given(values: object): string[] {
    return this.writableNames.filter((name) => Object.hasOwn(values, name));
  }

  find(names?: readonly string[]): string {
    const list = names === undefined ? this.all : columnList(names, this.table);
    return `select ${list} from ${this.source.from(names ?? [])} where ${this.visible} and id = $2`;
  }

  /** Attributes of the row with id `$2`, be it hidden, or deleted while the log still has it. */
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
          and event.type = '${this.table}.deleted' and event.before is not null)`,
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
      if (this.column(name)?.isMap) return newMap(`${place}::jsonb`);
      return onlyIf === undefined ? place : `${place}::${this.comparedAs(name)}`;
    });
    const keys = onlyIf === undefined ? ['$1', '$4'] : ['$1::text', '$4::text'];
    const values = [...keys, ...places].join(', ');
    return `with written as (insert into ${this.table} (${['workspace_id', 'id', ...names].join(', ')})
        ${onlyIf === undefined ? `values (${values})` : `select ${values} where ${onlyIf}`} returning ${this.everything}),
      logged as (${this.events.created()})
      select ${this.all} from written ${this.table}`;
  }

  /** `$4` is the list of rows. */
  insertMany(onlyIf = 'true'): string {
    return this.remember(`insert many ${onlyIf}`, () => this.insertManyText(onlyIf));
  }

  private insertManyText(onlyIf: string): string {
    const names = this.writableNames.join(', ');
    const values = this.writable.map(({ name, default: byDefault, isMap }) => {
      if (isMap) return newMap(`x.${name}`);
      return byDefault === undefined ? `x.${name}` : `coalesce(x.${name}, ${byDefault})`;
    });
    const types = this.writable.map(({ name, type }) => `${name} ${type}`).join(', ');
    const numbered = `jsonb_array_elements($4::jsonb) with ordinality as g (given, "#number") join written on written.id = given->>'id'`;
    return `with written as (insert into ${this.table} (workspace_id, ${names}) select ${onlyIf === 'true' ? '$1' : '$1::text'}, ${values.join(', ')}
        from jsonb_to_recordset($4::jsonb) as x(${types})${onlyIf === 'true' ? '' : ` where (select ${onlyIf})`} returning ${this.everything}),
      logged as (${this.events.created(numbered, NUMBER)})
      select ${this.all} from written ${this.table}`;
  }

  /**
   * `$4` is the id, `$5` the versions where some are expected, then one value for each name. The row is locked before it is
   * read, so the log has as before what this very change replaced. Of a row that has these values already, only the version
   * is answered. `onlyIf` is a condition of the row as it was.
   */
  update(names: readonly string[], options: UpdateOptions): string {
    const { isConditional, onlyIf = '', isTelling } = options;
    const key = `update ${isConditional ? 'if ' : ''}${isTelling ? 'telling ' : ''}${onlyIf} ${names.join()}`;
    return this.remember(key, () => this.updateText(names, options));
  }

  private updateText(names: readonly string[], { isConditional, onlyIf, isTelling }: UpdateOptions): string {
    const first = isConditional ? 6 : 5;
    const given = names.map((name, index) => {
      const place = `$${index + first}::${this.comparedAs(name)}`;
      return `${this.column(name)?.isMap ? mergedMap(`former.${name}`, place) : place} as ${name}`;
    });
    const rules = this.rulesFor(names);
    const derived = rules?.derived(names, (name) => `${names.includes(name) ? 'given' : 'former'}.${name}`) ?? {};
    const read = [
      ...new Set(['id', 'version', this.events.subject, ...names, ...(rules?.reads ?? []), ...Object.keys(derived)]),
    ];
    const conditions = [isConditional && 'version = any($5)', onlyIf].filter(Boolean).map((text) => ` and ${text}`);
    return `with former as (select ${read.join(', ')} from ${this.table}
        where workspace_id = $1 and id = $4${conditions.join('')} for update),
      changing as (select former.id, given.*${followed(derived, rules)} from former, lateral (select ${given.join(', ')}) as given${rules ? `, ${CHANGE_TIME}` : ''}
        where (${columnList(names, 'former')}) is distinct from (${columnList(names, 'given')})),
      ${this.writeChanging(names, this.shown(names), derived, rules)}
      select ${columnList(this.columns, 'written')}, coalesce(written.version, former.version) as version${isTelling ? this.former(names) : ''}
      from former left join written on true`;
  }

  /** `$4` is the list of changes, each with the id of its row. Every row is answered, be it changed or not. */
  updateMany(isTelling = false): string {
    return this.remember(isTelling ? 'telling all' : 'all', () => this.updateManyText(isTelling));
  }

  private updateManyText(isTelling: boolean): string {
    const rules = this.rules;
    const derived = rules?.derived(this.writableNames, (name) => `wanted.${name}`) ?? {};
    const columns = this.writable.filter(({ name }) => !KEYS.has(name) && !(name in derived));
    const names = columns.map(({ name }) => name);
    const wanted = columns.map(({ name, isMap }) => {
      const sent = isMap ? mergedMap(`former.${name}`, `g.${name}`) : `g.${name}`;
      return `case when g.given ? '${name}' then ${sent} else former.${name} end as ${name}`;
    });
    const types = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
    return `with g as (select given, "#number", c.* from jsonb_array_elements($4::jsonb) with ordinality as e (given, "#number"), lateral jsonb_to_record(given) as c(${types})),
      former as (select * from ${this.table}
        where workspace_id = $1 and id = any(array(select given->>'id' from g)) order by id for update),
      wanted as (select former.id, ${wanted.join(', ')} from g join former on former.id = g.given->>'id'),
      changing as (select wanted.*${followed(derived, rules)} from wanted join former using (id)${rules ? `, ${CHANGE_TIME}` : ''}
        where (${columnList(names, 'former')}) is distinct from (${columnList(names, 'wanted')})),
      ${this.writeChanging(names, this.loggedNames, derived, rules, "join g on g.given->>'id' = former.id")}
      select ${this.allOf('written')}${isTelling ? `${this.former(names)} from written join former using (id)` : ' from written'}
      union all select ${this.allOf('former')}${isTelling ? ', null' : ''} from former where not exists (select from written where written.id = former.id)`;
  }

  /** Writes the rows in `changing`, and logs what differs from `former`; with `numbering`, which joins `g`, in its order. */
  private writeChanging(
    names: readonly string[],
    logged: readonly string[],
    derived: object,
    rules: ChangeRules | undefined,
    numbering?: string,
  ): string {
    const set = [...names, ...Object.keys(derived)];
    const shown = [...new Set([...logged, ...this.shown(Object.keys(derived))])];
    const next = rules ? 'version = version + 1, updated_at = changing."#now"' : this.next;
    return `written as (update ${this.table} set ${set.map((name) => `${name} = changing.${name}`).join(', ')}, ${next}
        from changing where workspace_id = $1 and ${this.table}.id = changing.id returning ${this.everything}),
      logged as (${this.events.updated(shown, numbering, numbering && NUMBER)})${rules ? `,\n      left_behind as (${rules.also})` : ''}`;
  }

  private rulesFor(names: readonly string[]): ChangeRules | undefined {
    return this.rules?.watched.some((name) => names.includes(name)) ? this.rules : undefined;
  }

  /** What a statement that writes returns of the row. */
  private get everything(): string {
    return columnList([...this.stored, 'version'], this.table);
  }

  /** What columns of a row were, as `former_row`. */
  private former(names: readonly string[]): string {
    return `, ${jsonOf(columnList(this.shown(names), 'former'))} as former_row`;
  }

  private allOf(alias: string): string {
    return columnList([...this.columns, 'version'], alias);
  }

  private shown(names: readonly string[]): string[] {
    return names.filter((name) => this.stored.includes(name));
  }

  /** The type of a column as its values are stored; text that is too long is refused when it is written, not cut. */
  private comparedAs(column: string): string {
    const type = this.column(column)?.type ?? 'text';
    return type.startsWith('character varying') ? 'text' : type;
  }

  private column(name: string): RowColumn | undefined {
    return this.writable.find((column) => column.name === name);
  }

  /** Writing a text takes longer than anything else on the way of a write, and bodies have the same few sets of names. */
  private remember(key: string, write: () => string): string {
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const text = write();
    this.texts.set(key, text);
    return text;
  }

  /** `$4` are the ids, `$5` the versions where some are expected. Whoever deletes rows with children has locked them before. */
  delete(isConditional: boolean, isTelling = false): string {
    return `with gone as (delete from ${this.table}
        where workspace_id = $1 and id = any(${idsOf('$4')})${isConditional ? ' and version = any($5)' : ''} returning *),
      logged as (${this.events.deleted()})
      select id${isTelling ? `, ${jsonOf(columnList(this.stored, 'gone'))} as former_row` : ''} from gone`;
  }
}

/** Columns that follow, behind those that were given. */
function followed(derived: Readonly<Record<string, string>>, rules: ChangeRules | undefined): string {
  if (rules === undefined) return '';
  return [...Object.entries(derived), ['"#now"', 'at.now']].map(([name, sql]) => `, ${sql} as ${name}`).join('');
}

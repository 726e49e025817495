import { CHANGE_TIME, type ChangeRules } from './change-rules.js';
import { columnList, jsonOf, NEXT_VERSION } from './column-sql.js';
import { mergedMap } from './map-sql.js';
import type { RowColumns } from './row-columns.js';
import type { TableEvents } from './table-events.js';

/** Which update it is; a telling one also answers what the columns were. */
export interface UpdateOptions {
  isConditional: boolean;
  /** A condition of the row as it was. */
  onlyIf?: string | undefined;
  isTelling?: boolean;
}

/** What is written to the rows in `changing`. */
interface Writing {
  set: readonly string[];
  /** The columns whose change the event tells of. */
  logged: readonly string[];
  rules: ChangeRules | undefined;
  /** Several rows, in the order of `former."#number"`. */
  areMany: boolean;
}

/** The texts of the updates of one entity's table, with the events that they leave. */
export class UpdateSql {
  private readonly next: string;

  constructor(
    private readonly table: string,
    private readonly columns: RowColumns,
    private readonly events: TableEvents,
    private readonly rules: ChangeRules | undefined,
  ) {
    this.next = columns.hasChangeTime ? NEXT_VERSION : 'version = version + 1';
  }

  /**
   * `$4` is the id, `$5` the versions where some are expected, then one value for each name. The row is locked before it is
   * read, so the log has as before what this very change replaced. Of a row that has these values already, only the version
   * is answered. `onlyIf` is a condition of the row as it was.
   */
  one(names: readonly string[], { isConditional, onlyIf, isTelling }: UpdateOptions): string {
    const first = isConditional ? 6 : 5;
    const given = names.map((name, index) => {
      const place = `$${index + first}::${this.columns.comparedAs(name)}`;
      return `${this.columns.isMap(name) ? mergedMap(`former.${name}`, place) : place} as ${name}`;
    });
    const rules = this.rules?.watched.some((name) => names.includes(name)) ? this.rules : undefined;
    const derived = rules?.derived(names, (name) => `${names.includes(name) ? 'given' : 'former'}.${name}`) ?? {};
    const derivedNames = Object.keys(derived);
    const read = [
      ...new Set(['id', 'version', this.events.subject, ...names, ...(rules?.reads ?? []), ...derivedNames]),
    ];
    const conditions = [isConditional && 'version = any($5)', onlyIf].filter(Boolean).map((text) => ` and ${text}`);
    const set = [...names, ...derivedNames];
    return `with former as (select ${read.join(', ')} from ${this.table}
        where workspace_id = $1 and id = $4${conditions.join('')} for no key update),
      changing as (select former.id, given.*${followed(derived, rules)} from former, lateral (select ${given.join(', ')}) as given${rules ? `, ${CHANGE_TIME}` : ''}
        where (${columnList(names, 'former')}) is distinct from (${columnList(names, 'given')})),
      ${this.writeChanging({ set, logged: [...new Set(this.columns.shown(set))], rules, areMany: false })}
      select ${columnList(this.columns.byDefault, 'written')}, coalesce(written.version, former.version) as version${isTelling ? this.former(names) : ''}
      from former left join written on true`;
  }

  /**
   * `$4` is the list of changes, each with the id of its row. Every row is answered, be it changed or not. The rows are looked
   * up one by one, in the order of locks: a join would compare each row with each change wherever the planner expects few.
   */
  many(isTelling = false): string {
    const { rules, columns } = this;
    const derived =
      rules?.derived(
        columns.writable.map(({ name }) => name),
        (name) => `wanted.${name}`,
      ) ?? {};
    const changeable = columns.changeable.filter(({ name }) => !(name in derived));
    const names = changeable.map(({ name }) => name);
    const wanted = changeable.map(({ name, isMap }) => {
      const sent = isMap ? mergedMap(`former.${name}`, `g.${name}`) : `g.${name}`;
      return `case when former."#given" ? '${name}' then ${sent} else former.${name} end as ${name}`;
    });
    const types = changeable.map(({ name, type }) => `${name} ${type}`).join(', ');
    const logged = columns.shown([...columns.changeable.map(({ name }) => name), ...Object.keys(derived)]);
    return `with former as materialized (select t.*, e."#given", e."#number"
        from (select * from jsonb_array_elements($4::jsonb) with ordinality as e ("#given", "#number") order by "#given"->>'id') e,
          lateral (select * from ${this.table} where workspace_id = $1 and id = e."#given"->>'id' for no key update) t),
      changing as (select former.id, wanted.*${followed(derived, rules)}
        from former, lateral jsonb_to_record(former."#given") as g(${types}), lateral (select ${wanted.join(', ')}) as wanted${rules ? `, ${CHANGE_TIME}` : ''}
        where (${columnList(names, 'former')}) is distinct from (${columnList(names, 'wanted')})),
      ${this.writeChanging({ set: [...names, ...Object.keys(derived)], logged: [...new Set(logged)], rules, areMany: true })}
      select ${columns.answered('written')}${isTelling ? `${this.former(names)} from written join former using (id)` : ' from written'}
      union all select ${columns.answered('former')}${isTelling ? ', null' : ''} from former where not exists (select from written where written.id = former.id)`;
  }

  /** Writes the rows in `changing`, and logs what differs from `former`. */
  private writeChanging({ set, logged, rules, areMany }: Writing): string {
    const next = rules ? 'version = version + 1, updated_at = changing."#now"' : this.next;
    // Else the planner may go through the whole workspace where it expects one row there.
    const among = areMany ? ` and ${this.table}.id = any(array(select id from changing))` : '';
    const number = areMany ? 'former."#number"' : undefined;
    return `written as (update ${this.table} set ${set.map((name) => `${name} = changing.${name}`).join(', ')}, ${next}
        from changing where workspace_id = $1 and ${this.table}.id = changing.id${among} returning ${this.columns.everything(this.table)}),
      logged as (${this.events.updated(logged, number)})${rules ? `,\n      left_behind as (${rules.also})` : ''}`;
  }

  /** What columns of a row were, as `former_row`. */
  private former(names: readonly string[]): string {
    return `, ${jsonOf(columnList(this.columns.shown(names), 'former'))} as former_row`;
  }
}

/** Columns that follow, behind those that were given. */
function followed(derived: Readonly<Record<string, string>>, rules: ChangeRules | undefined): string {
  if (rules === undefined) return '';
  return [...Object.entries(derived), ['"#now"', 'at.now']].map(([name, sql]) => `, ${sql} as ${name}`).join('');
}

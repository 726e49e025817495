import type { Table } from '../table/table.js';
import type { Versioned } from '../versions/versions.js';
import { DEEP_OFFSET, type Attempt } from './attempts.js';
import type { Placeholder } from './keyset.js';
import { isUnfiltered, type Filter, type ListRequest } from './list-request.js';
import type { Statement } from './page-statement.js';

/** The texts of the statements that read pages of one entity's rows. */
export class PageSql {
  private readonly columns: string;

  constructor(
    private readonly rows: Table<Versioned>,
    /** SQL expression of the search index. */
    private readonly search: string | undefined,
  ) {
    this.columns = rows.columnsSql(rows.columns);
  }

  /** The SQL condition of the rows that match, over the workspace as `$1`. */
  matching({ conditions, search }: Filter, place: Placeholder, bySearchIndex = false): string {
    const parts = [this.rows.visible, ...conditions.map(({ sql, value }) => sql(place(value)))];
    const { search: words } = this;
    if (search !== undefined && words !== undefined) {
      const query = `search_query($1, ${place(search)})`;
      // Behind a select the planner does not see how many rows have the words, and takes the search index.
      parts.push(`${words} @@ ${bySearchIndex ? `(select ${query})` : query}`);
    }
    return parts.join(' and ');
  }

  /** `beyond` is the condition that a cursor goes on from. */
  select(request: Attempt, filter: string, page: string, total: string, beyond = 'true'): string {
    const where = beyond === 'true' ? filter : `${filter} and ${beyond}`;
    const keys = `workspace_id, ${request.sort.map(({ name }) => name).join(', ')}`;
    const from = this.rows.source.from([...conditionNames(request), ...request.sort.map(({ name }) => name)]);
    if (request.bySearchIndex)
      return `with found as materialized (select ${keys} from ${from} where ${filter})
        ${this.selectByKeys(request, `select * from found where ${beyond} ${page}`, total)}`;
    // The keys are what the list's index has and no less, which saves a projection of every row that is skipped.
    if (request.offset >= DEEP_OFFSET)
      return this.selectByKeys(request, `select ${keys} from ${from} where ${where} ${page}`, total);
    const names = [...conditionNames(request), ...request.sort.map(({ name }) => name), ...(request.fields ?? [])];
    return `select ${this.selectList(request)}${total} from ${this.rows.source.from(names)} where ${where} ${page}`;
  }

  private selectByKeys(request: Attempt, keys: string, total: string): string {
    const { name: table } = this.rows;
    // Behind `offset 0` the rows are looked up one by one; a plan for any limit would join the whole table.
    return `select ${this.selectList(request)}${total}
      from (select *, row_number() over () as "#place" from (${keys}) page) k,
        lateral (select * from ${this.rows.source.from(request.fields ?? [])} where workspace_id = $1 and id = k.id offset 0) ${table}
      order by k."#place"`;
  }

  private selectList({ fields }: ListRequest): string {
    return fields === undefined ? this.columns : this.rows.columnsSql(withId(fields));
  }

  where(statement: Statement, request: Attempt): string {
    return this.matching(request, statement.placeholder, request.bySearchIndex);
  }

  /** As a part of the page's statement. */
  totalText(filter: string, request: Attempt): string {
    return request.bySearchIndex ? 'select count(*)::int from found' : this.countText(filter, request);
  }

  /** Without a filter, what the table's counters say, which count every row: constant time. Else the matching rows are counted. */
  countText(where: string, request: ListRequest): string {
    const { name, source, hidesRows } = this.rows;
    if (isUnfiltered(request) && !hidesRows) return `select row_count_total($1, '${name}')`;
    return `select count(*)::int from ${source.from(conditionNames(request))} where ${where}`;
  }
}

/** The computed attributes that a list is filtered by. */
function conditionNames({ conditions }: ListRequest): string[] {
  return conditions.flatMap(({ computed = [] }) => computed);
}

/** The attributes wanted, and the id, which pages, links and children need. */
export function withId(fields: readonly string[]): string[] {
  return [...new Set(['id', ...fields])];
}

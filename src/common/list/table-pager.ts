import { markBeyondVersion } from '../answers/object-headers.js';
import type { Call } from '../call/call.js';
import { invalidParameter } from '../errors/api.exception.js';
import { isOptIn } from '../fields/property-metadata.js';
import { referencesTo } from '../fields/reference.field.js';
import { idsOf } from '../table/column-sql.js';
import type { Table } from '../table/table.js';
import { readAlong } from '../call/read-along.js';
import { readTogether } from '../call/read-together.js';
import { pipeline } from '../call/pipeline.js';
import { isInTransaction, transactOn } from '../call/transact.js';
import type { Versioned } from '../versions/versions.js';
import { readReferences } from './embedded-references.js';
import { attemptsOf, isPlain, tryInTurn, type Attempt } from './attempts.js';
import { positionInStatement, segments, type Placeholder, type Position } from './keyset.js';
import type { ChildFields, Filter, ListRequest } from './list-request.js';
import type { ObjectRequest } from './object-query.js';
import type { Page } from './page.js';
import { PageSql, withId } from './page-sql.js';
import { FIRST_STEP, nextStep, sizeOf, Statement, stepText } from './page-statement.js';
import { orderBy } from './sort.js';

type WithTotal<E> = E & { total_count?: number | undefined };

export interface TablePagerOptions<E> {
  /** SQL expression of the search index. */
  search?: string;
  /** Reads the kinds of children that `expand` names of rows with these ids; answers what embeds them in a row. */
  readChildren?: (
    call: Call,
    ids: readonly string[],
    kinds: readonly string[],
    fields?: ChildFields,
  ) => Promise<(row: E) => void>;
  /** Of these kinds, those that change without a new version of the row. */
  unversioned?: readonly string[];
}

/**
 * An entity's rows as clients ask for them: a page, by offset or by cursor, or one; with the fields and children wanted. What
 * is answered is of one moment, the total too: it is one statement where one is enough, and reads of one snapshot where
 * it is not.
 */
export class TablePager<E extends Versioned & { id: string }> {
  private readonly sql: PageSql;

  constructor(
    private readonly rows: Table<E>,
    private readonly options: TablePagerOptions<E> = {},
  ) {
    this.sql = new PageSql(rows, options.search);
  }

  async page(call: Call, request: ListRequest): Promise<Page<E>> {
    const page = await (isPlain(request)
      ? this.readPage(call, request)
      : tryInTurn(call, attemptsOf(request), (call, attempt) => this.readPage(call, attempt)));
    if (hidesId(request)) page.data.forEach(hideId);
    return page;
  }

  /** Throws 404 unless there is such a row. */
  async retrieve(call: Call, id: string, request: ObjectRequest): Promise<E> {
    const { fields, expand } = request;
    const names = fields && [...withId(fields), 'version'];
    const row = await (expand.length === 0
      ? this.rows.get(call, id, names)
      : readTogether(call, (call) => this.expandedRow(call, id, names, request)));
    if (hidesId(request)) hideId(row);
    if (this.isBeyondVersion(request)) markBeyondVersion(row);
    return row;
  }

  /** What is wanted of rows that were written, in the order of their ids. */
  async retrieveMany(call: Call, ids: readonly string[], fields: readonly string[]): Promise<E[]> {
    const names = withId(fields);
    const text = `select ${this.rows.columnsSql(names)} from ${this.rows.source.from(names)}
      where ${this.rows.visible} and id = any(${idsOf('$2')})`;
    const rows = await call.manager.query<E[]>(text, [call.workspaceId, ids]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    const inOrder = ids.flatMap((id) => byId.get(id) ?? []);
    if (!fields.includes('id')) rows.forEach(hideId);
    return inOrder;
  }

  /** Opt-in attributes may be computed, or follow from objects of another resource; so may what is embedded. */
  private isBeyondVersion({ fields, expand, childFields }: ObjectRequest): boolean {
    const { entity } = this.rows;
    return (
      fields?.some((name) => isOptIn(entity, name)) === true ||
      childFields !== undefined ||
      expand.some((kind) => this.options.unversioned?.includes(kind)) ||
      (expand.length > 0 && referencesTo(entity).some(({ options }) => expand.includes(options.expandAs ?? '')))
    );
  }

  /** The SQL condition of the rows that match, over the workspace as `$1`, for reads that are no page of the list. */
  matching(filter: Filter, place: Placeholder): string {
    return this.sql.matching(filter, place);
  }

  /**
   * All rows that match, some hundred at a time: of one moment, by a cursor of the database, which finds and sorts them
   * once. `limit`, `offset` and cursors of the request do not count.
   */
  all(call: Call, request: ListRequest): AsyncGenerator<E[]> {
    return readAlong(call, (call) => this.fetchAll(call, request));
  }

  /** Do more rows match than these? */
  async areMoreThan(call: Call, filter: Filter, most: number): Promise<boolean> {
    const statement = new Statement(call.workspaceId, this.rows);
    const where = this.sql.matching(filter, statement.placeholder);
    const from = this.rows.source.from(filter.conditions.flatMap(({ computed = [] }) => computed));
    const text = `select 1 from ${from} where ${where} offset ${statement.placeholder(most)} limit 1`;
    return (await statement.run<object>(call, text)).length > 0;
  }

  private async *fetchAll(call: Call, request: ListRequest): AsyncGenerator<E[]> {
    const statement = new Statement(call.workspaceId, this.rows);
    const where = this.sql.matching(request, statement.placeholder);
    const text = this.sql.select(request, where, `order by ${orderBy(request.sort)}`, '');
    await statement.declare(call, text);
    for (let step = FIRST_STEP; ;) {
      const rows = await call.manager.query<E[]>(stepText(step));
      if (rows.length === 0) return;
      const embed = await this.readChildren(
        call,
        rows.map(({ id }) => id),
        request,
      );
      rows.forEach(embed);
      step = nextStep(rows, request.expand);
      if (hidesId(request)) rows.forEach(hideId);
      yield rows;
    }
  }

  /** Does a write, and answers what of the object is wanted; `id` is its, as for `transactOn`. */
  async written(call: Call, request: ObjectRequest, write: (call: Call) => Promise<E>, id?: string): Promise<E> {
    if (request.fields === undefined && request.expand.length === 0) return write(call);
    return transactOn(call, id, async (call) => {
      const written = await write(call);
      const row = await this.retrieve(call, written.id, request);
      // Not shown, but `Location` is made of it.
      if (hidesId(request)) Object.defineProperty(row, 'id', { value: written.id, enumerable: false });
      return row;
    });
  }

  private readPage(call: Call, request: Attempt): Promise<Page<E>> {
    return request.expand.length === 0
      ? this.plainPage(call, request)
      : readTogether(call, (call) => this.expandedPage(call, request));
  }

  private async expandedPage(call: Call, request: Attempt): Promise<Page<E>> {
    const page = await this.plainPage(call, request);
    const ids = page.data.map(({ id }) => id);
    page.data.forEach(await this.readChildren(call, ids, request));
    return page;
  }

  private async expandedRow(
    call: Call,
    id: string,
    names: readonly string[] | undefined,
    request: ObjectRequest,
  ): Promise<E> {
    const { row, embed } = await pipeline({
      row: this.rows.get(call, id, names),
      embed: this.readChildren(call, [id], request),
    });
    embed(row);
    return row;
  }

  private async readChildren(
    call: Call,
    ids: readonly string[],
    { expand: kinds, childFields }: ObjectRequest,
  ): Promise<(row: E) => void> {
    if (ids.length === 0) return () => undefined;
    const { dataSource, entity } = this.rows;
    const { children, references } = await pipeline({
      children: this.options.readChildren?.(call, ids, kinds, childFields),
      references: readReferences(call, dataSource, entity, ids, kinds),
    });
    return (row) => {
      children?.(row);
      references(row);
    };
  }

  private plainPage(call: Call, request: Attempt): Promise<Page<E>> {
    const startsAtTop = request.cursor === undefined && request.offset === 0 && request.sort[0]?.nullable === true;
    const isByOffset = request.cursor === undefined && !startsAtTop;
    return isByOffset ? this.byOffset(call, request) : this.byCursor(call, request);
  }

  private async byOffset(call: Call, request: Attempt): Promise<Page<E>> {
    const { limit, offset, includeTotal } = request;
    const statement = new Statement(call.workspaceId, this.rows, request.percentOfTime);
    const filter = this.sql.where(statement, request);
    const total = includeTotal ? `, (${this.sql.totalText(filter, request)}) as total_count` : '';
    // Without a total, one row more than wanted tells whether there are more.
    const size = sizeOf(request, statement, includeTotal ? limit : limit + 1);
    const skipped = offset > 0 ? ` offset ${statement.placeholder(offset)}` : '';
    const page = `order by ${orderBy(request.sort)} limit ${size}${skipped}`;
    const text = this.sql.select(request, filter, page, total);
    const found = await statement.run<WithTotal<E>>(call, text);
    if (!includeTotal) return edged(found.slice(0, limit), found.length > limit, null);
    // Past the end there is no row to carry the total.
    if (found.length === 0 && offset > 0 && !isInTransaction(call)) return this.inSnapshot(call, request);
    const count = takeTotal(found) ?? (offset === 0 ? 0 : await this.count(call, request));
    return edged(found, offset + found.length < count, count);
  }

  /** `from` is the position of the cursor, once it is known. */
  private async byCursor(call: Call, request: Attempt, from?: Position): Promise<Page<E>> {
    const { limit, cursor, includeTotal, sort } = request;
    if (sort[0]?.nullable === true && !isInTransaction(call)) return this.inSnapshot(call, request);
    const reversed = cursor?.reversed ?? false;
    const inStatement = cursor && from === undefined ? positionInStatement(sort, cursor.id) : undefined;
    const at = from ?? inStatement ?? (cursor && (await this.positionOf(call, cursor, request)));
    const found: WithTotal<E>[] = [];
    for (const segment of segments(request.sort, at, reversed)) {
      if (found.length > limit) break;
      const statement = new Statement(call.workspaceId, this.rows, request.percentOfTime);
      const { where, order } = segment(statement.placeholder);
      const filter = this.sql.where(statement, request);
      // With the first rows, so that it takes no statement of its own.
      const total =
        includeTotal && found.length === 0 ? `, (${this.sql.totalText(filter, request)}) as total_count` : '';
      const page = `order by ${order} limit ${sizeOf(request, statement, limit + 1)}`;
      found.push(...(await statement.run<WithTotal<E>>(call, this.sql.select(request, filter, page, total, where))));
    }
    if (found.length === 0 && !isInTransaction(call)) return this.inSnapshotFrom(call, request);
    // The statement finds nothing behind a row that is gone, either.
    if (cursor && inStatement && found.length === 0)
      return this.byCursor(call, request, await this.positionOf(call, cursor, request));
    const total = includeTotal ? (takeTotal(found) ?? (await this.count(call, request))) : null;
    const data = found.slice(0, limit);
    if (reversed) data.reverse();
    return edged(data, found.length > limit, total);
  }

  private inSnapshot(call: Call, request: Attempt): Promise<Page<E>> {
    return readTogether(call, (call) => this.plainPage(call, request));
  }

  /** The position is looked up first, so that an empty page is not read twice more. */
  private inSnapshotFrom(call: Call, request: Attempt): Promise<Page<E>> {
    const { cursor } = request;
    return readTogether(call, async (call) =>
      this.byCursor(call, request, cursor && (await this.positionOf(call, cursor, request))),
    );
  }

  private async count(call: Call, request: Attempt): Promise<number> {
    const statement = new Statement(call.workspaceId, this.rows, request.percentOfTime);
    const text = this.sql.countText(this.sql.where(statement, request), request);
    const [row] = await statement.run<{ total: number }>(call, `select (${text}) as total`);
    return row?.total ?? 0;
  }

  /** Where the row stands, or stood before it was deleted: a client that deletes page by page goes on from there. */
  private async positionOf(
    call: Call,
    cursor: { id: string; reversed: boolean },
    { sort }: ListRequest,
  ): Promise<Position> {
    const names = sort.map(({ name }) => name);
    const position = await this.rows.findFormer(call, cursor.id, names);
    if (position !== undefined) return position;
    const param = cursor.reversed ? 'ending_before' : 'starting_after';
    throw invalidParameter(param, `${param} must be the id of an object in this list; none has the id '${cursor.id}'.`);
  }
}

function hidesId({ fields }: ObjectRequest): boolean {
  return fields?.includes('id') === false;
}

function hideId(row: { id?: string | undefined }): void {
  row.id = undefined;
}

/** Takes the total off the rows that carry it; undefined when there is no row. */
function takeTotal(rows: WithTotal<unknown>[] & { total_count?: number | undefined }[]): number | undefined {
  const total = rows[0]?.total_count;
  for (const row of rows) row.total_count = undefined;
  return total;
}

/** The page with the ids of its ends, for `Link`; the ids of the objects may not be among the attributes wanted. */
function edged<E extends { id: string }>(data: E[], has_more: boolean, total: number | null): Page<E> {
  return { data, has_more, total, edges: { first: data.at(0)?.id, last: data.at(-1)?.id } };
}

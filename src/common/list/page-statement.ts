import type { Call } from '../call/call.js';
import { asAnswer } from '../table/answer-limit.js';
import { asLong } from '../table/long-statement.js';
import type { Table } from '../table/table.js';
import type { Versioned } from '../versions/versions.js';
import { AttributeOf, type Placeholder } from './keyset.js';
import { isUnfiltered, type ListRequest } from './list-request.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from './page.query.js';

/** The parameters of one statement; the workspace is always the first. */
export class Statement {
  private readonly values: unknown[];

  constructor(
    readonly workspaceId: string,
    private readonly rows: Pick<Table<Versioned>, 'source' | 'visible'>,
  ) {
    this.values = [workspaceId];
  }

  readonly placeholder: Placeholder = (value) =>
    value instanceof AttributeOf
      ? `(select ${value.name} from ${this.rows.source.from([value.name])} where ${this.rows.visible} and id = ${this.placeholder(value.id)})`
      : `$${this.values.push(value)}`;

  /** Has the rows read step by step. */
  async declare(call: Call, text: string): Promise<void> {
    await call.manager.query(asLong(`declare ${CURSOR} no scroll cursor for ${text}`), this.values);
  }

  run<Row>(call: Call, text: string): Promise<Row[]> {
    return call.manager.query<Row[]>(asAnswer(text), this.values);
  }
}

/** The cursor of a transaction that reads every row. */
export const CURSOR = 'every_row';

/** Not every size: a process keeps only so many statements prepared. */
const USUAL_SIZES: readonly number[] = [DEFAULT_LIMIT, 50, MAX_LIMIT];

/**
 * The size of a page in its statement. Of a plain list it is a part of the text, as a plan is kept only for a size that is
 * known, and to plan takes as long as to read. Elsewhere the plan depends on the values, so each request has its own.
 */
export function sizeOf(request: ListRequest, statement: Statement, rows: number): string {
  const isPlain = isUnfiltered(request) && request.offset === 0;
  return isPlain && USUAL_SIZES.includes(request.limit) ? String(rows) : statement.placeholder(rows);
}

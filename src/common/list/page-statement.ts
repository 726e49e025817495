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
    private readonly percentOfTime?: number,
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
    return call.manager.query<Row[]>(asAnswer(text, this.percentOfTime), this.values);
  }
}

/** The cursor of a transaction that reads every row. */
const CURSOR = 'every_row';

/** How many rows a step reads. Few sizes, as a process keeps only so many statements prepared. */
const STEPS = [200, 25, 3] as const;

type Step = (typeof STEPS)[number];

/** Before it is known how many children the rows have. */
export const FIRST_STEP: Step = 25;

/** Rows and children that a step should not exceed: they are in memory together, and a slow client has a minute for them. */
const PARTS_OF_STEP = 2000;

export function stepText(step: Step): string {
  return asLong(`fetch ${step} from ${CURSOR}`);
}

/** As many rows as have not too many children, if those to come have as many as these. */
export function nextStep(rows: readonly object[], kinds: readonly string[]): Step {
  const children = rows.map((row) => kinds.reduce((sum, kind) => sum + countOf((row as Row)[kind]), 0));
  const parts = 1 + Math.max(...children);
  return STEPS.find((step) => step * parts <= PARTS_OF_STEP) ?? 3;
}

type Row = Readonly<Record<string, unknown>>;

function countOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

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

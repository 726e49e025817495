import type { ErrorCode } from '../../common/errors/error-codes.js';
import type { Decimal } from '../../common/index.js';
import type { List } from './attributes.js';

/** What is wrong with a row: as in the answer to a POST, with the line. */
export interface RowError {
  line: number;
  param: string;
  code: ErrorCode;
  message: string;
}

/** One deal of a file. */
export interface DealRow {
  /** The line on which it begins. */
  line: number;
  /** Its bytes in the file. */
  offset: number;
  end: number;
  /** The line behind it. */
  nextLine: number;
  /** As a POST would have it, with `id` and the times that a file may have. */
  body: Record<string, unknown>;
  errors: RowError[];
  /** The lines of the entries of each list. */
  lines: Partial<Record<List, number[]>>;
  /** Amounts of the file that the service computes itself, to compare: of the deal, and `items[0].amount`. */
  computed?: Record<string, Decimal | string>;
  /** Keys that were ignored. */
  ignored?: string[];
}

/** The line that an error of a parameter such as `items[2].qty` belongs to. */
export function lineOf({ line, lines }: Pick<DealRow, 'line' | 'lines'>, param: string): number {
  const [, list, index] = /^(items|lost_reasons)\[(\d+)\]/.exec(param) ?? [];
  return lines[list as List]?.[Number(index)] ?? line;
}

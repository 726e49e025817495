import { unescapeFormula } from '../../crm/data-exchange/columns.js';
import type { Attribute } from './attributes.js';
import type { Column } from './header.js';
import { readDate, readDuration, readNumber, readTime, type DateFormat, type DecimalMark } from './values.js';

/** How the cells of a file become values. */
export interface CellRules {
  format: 'csv' | 'erpnext_csv';
  decimal: DecimalMark | null;
  timezone: string;
  /** The form of the dates of each column, by the place of the column. */
  dateFormats: readonly (DateFormat | undefined)[];
}

/** The text of a cell that stands for null. */
const NULL = '\\N';

export function isBlank(cell: string | undefined): boolean {
  return cell === undefined || cell.trim() === '';
}

/** A value, or the rest of a sentence that says what is wrong with the cell. */
export type CellValue = { value: unknown } | { problem: string };

/** The value of a cell that is not blank. */
export function cellValue(cell: string, { attribute }: Column, at: number, rules: CellRules): CellValue {
  if (attribute === undefined || cell === NULL) return { value: null };
  if (attribute.kind === 'text') return { value: rules.format === 'csv' ? unescapeFormula(cell) : cell };
  const text = cell.trim();
  if (text === NULL) return { value: null };
  return READERS[attribute.kind](text, attribute, rules, at);
}

type Reader = (text: string, attribute: Attribute, rules: CellRules, at: number) => CellValue;

function orProblem(value: unknown, problem: string): CellValue {
  return value === undefined ? { problem } : { value };
}

const READERS: Readonly<Record<Exclude<Attribute['kind'], 'text'>, Reader>> = {
  number: (text, { key }, { decimal, format }) => {
    const duration = format === 'erpnext_csv' && key === 'first_response_time' ? readDuration(text) : undefined;
    const example = decimal === ',' ? '1.234,5' : '1234.5';
    return orProblem(
      duration ?? readNumber(text, decimal),
      `must be a number, such as ${example}; '${shortened(text)}' is not.`,
    );
  },
  date: (text, _attribute, { dateFormats }, at) => {
    const format = dateFormats[at] ?? 'yyyy-MM-dd';
    return orProblem(readDate(text, format), `must be a date in the form ${format}; '${shortened(text)}' is not.`);
  },
  time: (text, _attribute, { timezone }) =>
    orProblem(readTime(text, timezone), `must be a time, such as 2024-01-15 09:30:00; '${shortened(text)}' is not.`),
  flag: (text) => orProblem(FLAGS.get(text.toLowerCase()), 'must be true or false.'),
  map: (text) => orProblem(mapOf(text), 'must be a JSON object.'),
};

const FLAGS = new Map([
  ['true', true],
  ['false', false],
]);

function mapOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function shortened(text: string): string {
  return text.length <= 50 ? text : `${text.slice(0, 50)}…`;
}

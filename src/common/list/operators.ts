import { isDay, isTimestamp } from '../fields/rules.js';
import type { Attribute, AttributeKind } from './attributes.js';

/** `eq` is plain equality, `?status=Open`; the others stand in brackets, `?status[ne]=Lost`. */
export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'contains', 'starts_with', 'is_null'] as const;

export type Operator = (typeof OPERATORS)[number];

export const MOST_VALUES = 100;

const ORDERED: readonly Operator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in'];

const OPERATORS_OF_KIND: Record<AttributeKind, readonly Operator[]> = {
  text: ['eq', 'ne', 'in', 'contains', 'starts_with'],
  choice: ['eq', 'ne', 'in'],
  number: ORDERED,
  date: ORDERED,
  timestamp: ORDERED,
};

const MEANING: Record<Operator, string> = {
  eq: 'equals this value',
  ne: 'is not this value, which includes objects without a value',
  gt: 'is greater than this value',
  gte: 'is this value or greater',
  lt: 'is less than this value',
  lte: 'is this value or less',
  in: `is one of these values, separated by commas, at most ${MOST_VALUES}`,
  contains: 'contains this text, upper and lower case alike',
  starts_with: 'starts with this text, upper and lower case alike',
  is_null: 'is null with `true`, or is not null with `false`',
};

const SQL_TYPE: Record<AttributeKind, string> = {
  text: 'text',
  choice: 'text',
  number: 'numeric',
  date: 'date',
  timestamp: 'timestamptz',
};

const COMPARISON: Partial<Record<Operator, string>> = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** Which operators fit an attribute. */
export function operatorsFor({ kind, nullable }: Attribute): readonly Operator[] {
  return nullable ? [...OPERATORS_OF_KIND[kind], 'is_null'] : OPERATORS_OF_KIND[kind];
}

/** The query parameter that applies the operator. */
export function parameterName(attribute: Attribute, operator: Operator): string {
  return operator === 'eq' ? attribute.name : `${attribute.name}[${operator}]`;
}

/** For the document: what the parameter keeps. */
export function meaningOf(attribute: Attribute, operator: Operator): string {
  return `Only objects whose \`${attribute.name}\` ${MEANING[operator]}.`;
}

/** One filter: a condition with a place for its one SQL parameter, and what goes there. */
export interface Condition {
  sql: (place: string) => string;
  value: unknown;
  /** The attribute, where an index that begins with it finds the matching rows. */
  sought?: string;
}

/** The condition that a query parameter asks for, or what is wrong with its text. */
export function condition(attribute: Attribute, operator: Operator, text: string): Condition | string {
  return conditionOf(attribute, operator, operator === 'in' ? text.split(',') : [text]);
}

/** The same of values that are apart already; several only for `in`. */
export function conditionOf(attribute: Attribute, operator: Operator, texts: readonly string[]): Condition | string {
  const { name, kind } = attribute;
  const [text = ''] = texts;
  const cast = (place: string): string => `${place}::${SQL_TYPE[kind]}`;
  if (operator === 'is_null') return isNull(name, text);
  if (operator === 'contains') return pattern(name, text, '%');
  if (operator === 'starts_with') return pattern(name, text, '');
  if (texts.length > MOST_VALUES) return `takes at most ${MOST_VALUES} values.`;
  const values = texts.map((value) => read(attribute, value));
  const problem = values.find((value) => value instanceof Problem);
  if (problem instanceof Problem) return problem.message;
  if (operator === 'in') return { sql: (place) => `${name} = any(${cast(place)}[])`, value: values, sought: name };
  if (operator === 'ne') return { sql: (place) => `${name} is distinct from ${cast(place)}`, value: values[0] };
  return { sql: (place) => `${name} ${COMPARISON[operator] ?? '='} ${cast(place)}`, value: values[0], sought: name };
}

class Problem {
  constructor(readonly message: string) {}
}

/** The text of a query parameter as PostgreSQL should get it. Numbers stay text, so that none loses a digit. */
function read({ kind, values }: Attribute, text: string): string | Problem {
  switch (kind) {
    case 'text':
      return textProblem(text) ?? text;
    case 'choice':
      return values.includes(text) ? text : new Problem(`must be one of ${values.join(', ')}.`);
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) && text.length <= 40
        ? text
        : new Problem('must be a number, such as 1250.5.');
    case 'date':
      return isDay(text) ? text : new Problem('must be a date that exists, in the form YYYY-MM-DD.');
    case 'timestamp':
      return timestamp(text) ?? new Problem('must be a time such as 2024-01-15T09:30:00.000Z, or a date.');
  }
}

/** A date means its midnight in UTC. */
function timestamp(text: string): string | undefined {
  if (isDay(text)) return `${text}T00:00:00Z`;
  return isTimestamp(text) ? text : undefined;
}

function isNull(name: string, text: string): Condition | string {
  if (text !== 'true' && text !== 'false') return 'must be true or false.';
  return { sql: (place) => `(${name} is null) = ${place}::boolean`, value: text };
}

/** `%`, `_` and `\` stand for themselves. */
function pattern(name: string, text: string, before: '%' | ''): Condition | string {
  const problem = textProblem(text);
  if (problem !== undefined) return problem.message;
  const escaped = text.replaceAll(/[\\%_]/g, '\\$&');
  return { sql: (place) => `${name} ilike ${place}`, value: `${before}${escaped}%` };
}

function textProblem(text: string): Problem | undefined {
  return text.includes('\u0000') ? new Problem('must not contain the character U+0000.') : undefined;
}

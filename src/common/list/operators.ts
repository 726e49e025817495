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
  flag: ['eq', 'ne'],
  number: ORDERED,
  date: ORDERED,
  timestamp: ORDERED,
  // Its keys have filters, the map itself has none.
  map: [],
};

/** Other comparisons would leave open whether one child has to pass, or all of them. */
const OPERATORS_OF_CHILDREN: readonly Operator[] = ['eq', 'in', 'is_null'];

const MEANING: Record<Operator, string> = {
  eq: 'equals this value',
  ne: 'is not this value, or is null',
  gt: 'is greater than this value',
  gte: 'is this value or greater',
  lt: 'is less than this value',
  lte: 'is this value or less',
  in: `is one of up to ${MOST_VALUES} values, separated by commas; a value with commas needs quotes`,
  contains: 'contains this text; letter case and accents do not matter',
  starts_with: 'starts with this text; letter case and accents do not matter',
  is_null: 'is null (`true`) or is not null (`false`)',
};

const SQL_TYPE: Record<AttributeKind, string> = {
  text: 'text',
  choice: 'text',
  flag: 'boolean',
  number: 'numeric',
  date: 'date',
  timestamp: 'timestamptz',
  map: 'jsonb',
};

const COMPARISON: Partial<Record<Operator, string>> = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** Which operators fit an attribute. */
export function operatorsFor({ kind, nullable, children }: Attribute): readonly Operator[] {
  if (children !== undefined) return OPERATORS_OF_CHILDREN;
  return nullable ? [...OPERATORS_OF_KIND[kind], 'is_null'] : OPERATORS_OF_KIND[kind];
}

/** The query parameter that applies the operator. */
export function parameterName(attribute: Attribute, operator: Operator): string {
  return operator === 'eq' ? attribute.name : `${attribute.name}[${operator}]`;
}

/** For the document: what the parameter keeps. */
export function meaningOf(attribute: Attribute, operator: Operator): string {
  if (attribute.children === undefined) return `\`${attribute.name}\` ${MEANING[operator]}.`;
  if (operator === 'is_null') return `Only objects without (\`true\`) or with (\`false\`) a \`${attribute.name}\`.`;
  return `Only objects with a \`${attribute.name}\` that ${MEANING[operator]}.`;
}

/** One filter: a condition with a place for its one SQL parameter, and what goes there. */
export interface Condition {
  sql: (place: string) => string;
  value: unknown;
  /** The same condition on one child, where it is about children of the object. */
  ofChild?: (place: string) => string;
  /** The computed attributes that it is about. */
  computed?: readonly string[];
}

/** The condition on an object's own attribute, or what is wrong with the texts; several only for `in`. */
export function conditionOf(attribute: Attribute, operator: Operator, texts: readonly string[]): Condition | string {
  const condition = conditionOn(attribute, operator, texts);
  return typeof condition === 'string' || !attribute.isComputed
    ? condition
    : { ...condition, computed: [attribute.name] };
}

function conditionOn(attribute: Attribute, operator: Operator, texts: readonly string[]): Condition | string {
  const { name } = attribute;
  const [text = ''] = texts;
  if (operator === 'is_null') return isNull(name, text);
  if (operator === 'contains') return folded(text, (wanted) => `strpos(fold_text(${name}), ${wanted}) > 0`);
  if (operator === 'starts_with') return folded(text, (wanted) => `starts_with(fold_text(${name}), ${wanted})`);
  if (texts.length > MOST_VALUES) return `takes at most ${MOST_VALUES} values.`;
  const values = texts.map((value) => read(attribute, value));
  const problem = values.find((value) => value instanceof Problem);
  return problem instanceof Problem ? problem.message : comparison(attribute, operator, values as string[]);
}

function comparison({ name, kind, isExact }: Attribute, operator: Operator, values: readonly string[]): Condition {
  const compare = (column: string, place: string): string => {
    const value = `${place}::${SQL_TYPE[kind]}`;
    if (operator === 'in') return `${column} = any(${value}[])`;
    return operator === 'ne'
      ? `${column} is distinct from ${value}`
      : `${column} ${COMPARISON[operator] ?? '='} ${value}`;
  };
  const placed = (texts: readonly string[]): unknown => (operator === 'in' ? texts : texts[0]);
  if (kind !== 'text' || isExact || values.every(isAscii))
    return { sql: (place) => compare(name, place), value: placed(values) };
  // An accent can be a part of its letter, or follow it: that is the same text.
  const composed = values.map((text) => text.normalize());
  const isComposed = (place: string): string => compare(`composed_text(${name})`, place);
  const value = placed(composed);
  if (operator === 'ne' || composed.some(isAscii)) return { sql: isComposed, value };
  // Cheaper to see than to compare, and what an index may have.
  return { sql: (place) => `(octet_length(${name}) <> length(${name}) and ${isComposed(place)})`, value };
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

class Problem {
  constructor(readonly message: string) {}
}

/** The text of a query parameter as PostgreSQL should get it. Numbers stay text, so that none loses a digit. */
function read({ kind, values }: Attribute, text: string): string | Problem {
  switch (kind) {
    case 'text':
    case 'map':
      return textProblem(text) ?? text;
    case 'choice':
      return values.includes(text) ? text : new Problem(`must be one of ${values.join(', ')}.`);
    case 'flag':
      return text === 'true' || text === 'false' ? text : new Problem('must be true or false.');
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

/** Both texts are folded by PostgreSQL, the wanted one once for all rows. */
function folded(text: string, sql: (wanted: string) => string): Condition | string {
  const problem = textProblem(text);
  return problem?.message ?? { sql: (place) => sql(`(select fold_text(${place}))`), value: text };
}

function textProblem(text: string): Problem | undefined {
  return text.includes('\u0000') ? new Problem('must not contain the character U+0000.') : undefined;
}

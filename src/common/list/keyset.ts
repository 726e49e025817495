import { orderBy, sortKey, type SortTerm } from './sort.js';

/** The values of the row that a cursor names, by attribute. */
export type Position = Readonly<Record<string, unknown>>;

/** A value that the statement looks up itself: an attribute of the row with an id. */
export class AttributeOf {
  constructor(
    readonly name: string,
    readonly id: string,
  ) {}
}

/** Puts a value into the statement's parameters and answers its place, such as `$3`. */
export type Placeholder = (value: unknown) => string;

/**
 * The position of a row as the statement finds it; undefined where an attribute may be null, on whose value the condition
 * depends. At least one attribute is looked up, so that nothing is beyond a row that is not there.
 */
export function positionInStatement(terms: readonly SortTerm[], id: string): Position | undefined {
  if (terms.some(({ nullable }) => nullable)) return undefined;
  const isKnown = (name: string): boolean => name === 'id' && terms.length > 1;
  return Object.fromEntries(terms.map(({ name }) => [name, isKnown(name) ? id : new AttributeOf(name, id)]));
}

/** A stretch of an ordered list: what is in it, and in which order. */
export interface Segment {
  where: string | undefined;
  order: string;
}

/**
 * The list after a position, or turned around and before it, as stretches that follow one another. Where the first
 * attribute may be null, the rows with a value and those without are two stretches: an index can then be entered at any
 * depth and read in both directions, which `nulls last` and a condition with `or` would not let it.
 */
export function segments(
  terms: readonly SortTerm[],
  at: Position | undefined,
  reversed: boolean,
): ((place: Placeholder) => Segment)[] {
  const [first, ...rest] = terms;
  if (!first?.nullable) return [(place) => segment(undefined, terms, at, reversed, place)];
  const valued = [{ ...first, nullable: false }, ...rest];
  const isNull = `${first.name} is null`;
  const isNotNull = `${first.name} is not null`;
  const startsInNulls = at !== undefined && at[first.name] === null;
  const withValue = (place: Placeholder): Segment =>
    segment(isNotNull, valued, startsInNulls ? undefined : at, reversed, place);
  const without = (place: Placeholder): Segment =>
    segment(isNull, rest, startsInNulls ? at : undefined, reversed, place);
  if (reversed) return startsInNulls || at === undefined ? [without, withValue] : [withValue];
  return startsInNulls ? [without] : [withValue, without];
}

function segment(
  where: string | undefined,
  terms: readonly SortTerm[],
  at: Position | undefined,
  reversed: boolean,
  place: Placeholder,
): Segment {
  const conditions = [where, at && beyond(terms, at, reversed, place)].filter((condition) => condition !== undefined);
  return { where: conditions.length === 0 ? undefined : conditions.join(' and '), order: orderBy(terms, reversed) };
}

/** The condition that a row comes strictly after a position, or before it. */
function beyond(terms: readonly SortTerm[], at: Position, reversed: boolean, place: Placeholder): string {
  const [first] = terms;
  const isOneRange = terms.every((term) => !term.nullable && term.descending === first?.descending);
  if (first === undefined || !isOneRange) return eitherBeyond(terms, at, reversed, place);
  const values = terms.map(({ name }) => place(at[name]));
  // Compared as a row, which an index is entered at exactly.
  return `(${terms.map(sortKey).join(', ')}) ${comparison(first, reversed)} (${values.join(', ')})`;
}

/** The same where terms have different directions, or may be null. */
function eitherBeyond(terms: readonly SortTerm[], at: Position, reversed: boolean, place: Placeholder): string {
  const [first] = terms;
  const alternatives: string[] = [];
  const equal: string[] = [];
  for (const [index, term] of terms.entries()) {
    const value = at[term.name] ?? null;
    const further = furtherThan(term, value, reversed, place);
    if (further !== undefined) alternatives.push(`(${[...equal, further].join(' and ')})`);
    // PostgreSQL refuses a parameter that no condition uses, so the last term gets none to be equal to.
    if (index < terms.length - 1)
      equal.push(value === null ? `${term.name} is null` : `${term.name} = ${place(value)}`);
  }
  const either = `(${alternatives.join(' or ')})`;
  if (first === undefined || first.nullable) return either;
  // The range is what an index starts from; the alternatives alone would be checked row by row.
  return `${sortKey(first)} ${comparison(first, reversed)}= ${place(at[first.name])} and ${either}`;
}

function furtherThan(term: SortTerm, value: unknown, reversed: boolean, place: Placeholder): string | undefined {
  if (value === null) return reversed ? `${term.name} is not null` : undefined;
  const further = `${sortKey(term)} ${comparison(term, reversed)} ${place(value)}`;
  return term.nullable && !reversed ? `(${further} or ${term.name} is null)` : further;
}

function comparison({ descending }: SortTerm, reversed: boolean): '>' | '<' {
  return descending === reversed ? '>' : '<';
}

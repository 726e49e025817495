import type { Attribute } from './attributes.js';
import { listedValues } from './listed-values.js';

/** One attribute that a list is sorted by. */
export interface SortTerm {
  name: string;
  descending: boolean;
  nullable: boolean;
  /** Is it in the order of texts? */
  isText?: boolean;
}

export const MOST_SORT_TERMS = 3;

export const NEWEST_FIRST: readonly SortTerm[] = [{ name: 'created_at', descending: true, nullable: false }];

/** The terms of `-opportunity_amount,expected_closing`, or what is wrong with it. */
export function readSort(text: string, attributes: readonly Attribute[]): SortTerm[] | string {
  const parts = listedValues(text);
  if (typeof parts === 'string') return parts;
  if (parts.length > MOST_SORT_TERMS) return `takes at most ${MOST_SORT_TERMS} attributes.`;
  const terms: SortTerm[] = [];
  for (const part of parts) {
    const name = part.replace(/^-/, '');
    const attribute = attributes.find((known) => known.name === name);
    if (attribute === undefined || attribute.kind === 'map')
      return `cannot sort by '${name}'; it takes the scalar attributes of the object, with - before it to turn the order around.`;
    if (terms.some((term) => term.name === name)) return `names '${name}' twice.`;
    terms.push({ name, descending: part.startsWith('-'), nullable: attribute.nullable, ...textOrder(attribute) });
  }
  return terms;
}

/** The terms with the id last, which makes the order total; it follows the direction of the term before it. */
export function withTieBreak(terms: readonly SortTerm[]): SortTerm[] {
  const place = terms.findIndex((term) => term.name === 'id');
  if (place >= 0) return terms.slice(0, place + 1);
  return [...terms, { name: 'id', descending: terms.at(-1)?.descending ?? false, nullable: false }];
}

/** Ids, and the words of a choice, are in the order of their columns, in which indexes have them. */
function textOrder({ name, kind }: Attribute): Pick<SortTerm, 'isText'> {
  return kind === 'text' && name !== 'id' ? { isText: true } : {};
}

/** What rows are compared by: the same for an order and for the place that a cursor stands for. */
export function sortKey({ name, isText }: SortTerm): string {
  return isText === true ? `${name} collate text_order` : name;
}

/** Nulls come last in both directions; or first, when the whole order is turned around. */
export function orderBy(terms: readonly SortTerm[], reversed = false): string {
  return terms.map((term) => orderTerm(term, reversed)).join(', ');
}

function orderTerm(term: SortTerm, reversed: boolean): string {
  const { descending, nullable } = term;
  const direction = descending === reversed ? 'asc' : 'desc';
  return `${sortKey(term)} ${direction}${nullable ? ` nulls ${reversed ? 'first' : 'last'}` : ''}`;
}

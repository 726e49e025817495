import type { Attribute } from '../../common/index.js';

/** An attribute whose value, or the period it is in, tells the deals of a row. */
export interface RowGrouping {
  attribute: Pick<Attribute, 'name'>;
  period?: unknown;
}

/** The filters of a request as it wrote them: names of parameters and their texts, in order. */
export type FilterParameters = readonly (readonly [name: string, text: string])[];

/** What tells the deals of a row from the others, for one grouping. */
export interface GroupKey {
  key: string | null;
  /** Of a period: its beginning and the beginning of the next. */
  from: string | null;
  until: string | null;
}

/**
 * The query of the list that finds the deals of a row. Of two bounds of one parameter the tighter one stays. Where the request
 * has another value of a parameter already, as a deal can have two lost reasons, the row's goes into `filter`.
 */
export function rowFilter(
  own: FilterParameters,
  groupings: readonly RowGrouping[],
  keys: readonly (GroupKey | undefined)[],
): string {
  const parameters = new Map(own);
  const add = (name: string, text: string): void => {
    const known = parameters.get(name);
    if (known === undefined || known === text) parameters.set(name, text);
    else if (/\[(gte|lt)\]$/.test(name)) parameters.set(name, tighter(name, known, text));
    else addToFilter(parameters, name, text);
  };
  for (const [at, grouping] of groupings.entries()) addKey(add, grouping, keys[at]);
  return [...parameters].map(([name, text]) => `${name}=${encoded(text)}`).join('&');
}

function addKey(
  add: (name: string, text: string) => void,
  { attribute, period }: RowGrouping,
  group: GroupKey | undefined,
): void {
  const { name } = attribute;
  if (group === undefined || group.key === null) add(`${name}[is_null]`, 'true');
  else if (period === undefined) add(name, group.key);
  else {
    // The first and the last year that a date can have need no bound on their outer side.
    if (isWritable(group.from)) add(`${name}[gte]`, group.from);
    if (isWritable(group.until)) add(`${name}[lt]`, group.until);
  }
}

function isWritable(bound: string | null): bound is string {
  return bound !== null && /^(?!0000)\d{4}-/.test(bound) && !bound.endsWith('BC');
}

/** The later of two beginnings, or the earlier of two ends. */
function tighter(name: string, own: string, ofGroup: string): string {
  const isLater = Date.parse(ofGroup) > Date.parse(own);
  return name.endsWith('[gte]') === isLater ? ofGroup : own;
}

/** An accent can be a part of its letter or follow it; both are the same text to a filter. */
function addToFilter(parameters: Map<string, string>, name: string, text: string): void {
  if (parameters.get(name)?.normalize() === text) return;
  const others = parameters.get('filter') ?? '';
  const condition = `${name}:"${text.replaceAll('"', '""')}"`;
  parameters.set('filter', others.trim() === '' ? condition : `${others},${condition}`);
}

/** In a query a colon stands for itself. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}

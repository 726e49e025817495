import { listedValues } from '../../common/index.js';
import type { Grouping } from './groupings.js';

/** Parameters of the list as a query has them: names and their texts, in order. */
export type FilterParameters = readonly (readonly [name: string, text: string])[];

/** A URL and its headers may have 16 kB, and a long text of a group alone can be longer. */
const MOST_LENGTH = 12_288;

/** What tells the deals of a row from the others, for one grouping. */
export interface GroupKey {
  key: string | null;
  /** Of a period: its beginning and the beginning of the next. */
  from: string | null;
  until: string | null;
}

/**
 * The query of the list that finds the deals of a row: the filters of the request, and those of the row. Of two bounds of one
 * parameter the tighter one stays. Where the request has another value of a parameter already, as a deal can have two lost
 * reasons, the row's goes into `filter`. Null for a query that no request could take.
 */
export function rowFilter(own: FilterParameters, ofRow: FilterParameters): string | null {
  const parameters = new Map(own);
  for (const [name, text] of ofRow) {
    const known = parameters.get(name);
    if (known === undefined || known === text) parameters.set(name, text);
    else if (/\[(gte|lt)\]$/.test(name)) parameters.set(name, tighter(name, known, text));
    else addToFilter(parameters, name, text);
  }
  const query = [...parameters].map(([name, text]) => `${name}=${encoded(text)}`).join('&');
  return query.length > MOST_LENGTH ? null : query;
}

/** The filters that find the deals of a group. */
export function keyParameters(groupings: readonly Grouping[], keys: readonly GroupKey[]): FilterParameters {
  return groupings.flatMap(({ attribute, period }, at) => {
    const { key, from, until } = keys[at] ?? { key: null, from: null, until: null };
    const name = attribute?.name ?? '';
    if (key === null) return [[`${name}[is_null]`, 'true'] as const];
    return period === undefined ? [[name, key] as const] : bounds(name, from, until);
  });
}

/** From one moment or day until another. The first and the last year that a date can have need no bound on their outer side. */
export function bounds(name: string, from: string | null, until: string | null): FilterParameters {
  return [
    ...(isWritable(from) ? [[`${name}[gte]`, from] as const] : []),
    ...(isWritable(until) ? [[`${name}[lt]`, until] as const] : []),
  ];
}

function isWritable(bound: string | null): bound is string {
  return bound !== null && /^(?!0000)\d{4}-/.test(bound) && !bound.endsWith('BC');
}

/** The later of two beginnings, or the earlier of two ends. */
function tighter(name: string, own: string, ofRow: string): string {
  const isLater = Date.parse(ofRow) > Date.parse(own);
  return name.endsWith('[gte]') === isLater ? ofRow : own;
}

function addToFilter(parameters: Map<string, string>, name: string, text: string): void {
  // An accent can be a part of its letter or follow it; both are the same text to a filter.
  if (parameters.get(name)?.normalize() === text) return;
  const others = parameters.get('filter') ?? '';
  const values = name.endsWith('[in]') ? listedValues(text) : [text];
  const condition = `${name}:${typeof values === 'string' ? '' : values.map(quoted).join('|')}`;
  parameters.set('filter', others.trim() === '' ? condition : `${others},${condition}`);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** In a query a colon stands for itself. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}

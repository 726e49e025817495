import type { Condition } from './operators.js';
import type { SortTerm } from './sort.js';

/** What a client wants of a list, checked. */
export interface ListRequest {
  limit: number;
  offset: number;
  conditions: readonly Condition[];
  /** With the id last. */
  sort: readonly SortTerm[];
  /** A text whose words must all be found, each as the beginning of a word. */
  search: string | undefined;
  /** The page after (or before) the object with this id. */
  cursor: { id: string; reversed: boolean } | undefined;
  includeTotal: boolean;
  /** Attributes wanted; undefined for all. */
  fields: readonly string[] | undefined;
  /** Kinds of children to embed. */
  expand: readonly string[];
}

/** Is it the plain list, whose total the counters know? */
export function isUnfiltered({ conditions, search }: ListRequest): boolean {
  return conditions.length === 0 && search === undefined;
}

import type { Condition } from './operators.js';
import type { SortTerm } from './sort.js';

/** Which objects a client wants. */
export interface Filter {
  conditions: readonly Condition[];
  /** A text whose words must all be found, each as the beginning of a word. */
  search: string | undefined;
}

/** Attributes of children, by their kind. */
export type ChildFields = Readonly<Record<string, readonly string[]>>;

/** What a client wants of a list, checked. */
export interface ListRequest extends Filter {
  limit: number;
  offset: number;
  /** With the id last. */
  sort: readonly SortTerm[];
  /** The page after (or before) the object with this id. */
  cursor: { id: string; reversed: boolean } | undefined;
  includeTotal: boolean;
  /** Attributes wanted; undefined for all. */
  fields: readonly string[] | undefined;
  /** Kinds of children to embed. */
  expand: readonly string[];
  /** Attributes of children wanted, by the kind of children; the default ones of a kind that is not named. */
  childFields?: ChildFields | undefined;
}

/** Is it the plain list, whose total the counters know? */
export function isUnfiltered({ conditions, search }: Filter): boolean {
  return conditions.length === 0 && search === undefined;
}

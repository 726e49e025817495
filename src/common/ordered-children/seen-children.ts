import { idsOf } from '../table/column-sql.js';
import type { OrderedChild } from './ordered-children.js';

/** Children as they were before writes that may change none of them. */
export interface SeenChildren {
  table: string;
  /** Their column with the id of the parent. */
  parentKey: string;
  children: readonly Pick<OrderedChild, 'id' | 'version'>[];
}

/**
 * The condition, behind another one, that one of the children of a row of `parent` has another version by now; `$3` and `$4`
 * are their ids and versions.
 */
export function someChanged(parent: string, seen: SeenChildren | undefined): string {
  if (seen === undefined) return '';
  return `and exists (select from unnest(${idsOf('$3')}, ${idsOf('$4')}) as seen (id, version)
    join ${seen.table} c on c.workspace_id = $1 and c.id = seen.id and c.${seen.parentKey} = ${parent}.id
      and c.version <> seen.version::integer)`;
}

export function seenParameters(seen: SeenChildren | undefined): unknown[] {
  return seen === undefined ? [] : [seen.children.map(({ id }) => id), seen.children.map(({ version }) => version)];
}

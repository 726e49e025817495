import { idsOf } from '../table/column-sql.js';
import type { OrderedChild } from './children-of.js';

/** Children as they were before writes that may change none of them. */
export interface SeenChildren {
  table: string;
  /** Their column with the id of the parent. */
  parentKey: string;
  children: readonly Pick<OrderedChild, 'id' | 'version'>[];
}

/**
 * The condition, behind another one, that one of the children of a row of `parent` has another version by now; `$3` and `$4`
 * are their ids and versions. The parents are found once, by one look-up for each child: asked of each parent on its own, the
 * question goes through all children each time.
 */
export function someChanged(parent: string, seen: SeenChildren | undefined): string {
  if (seen === undefined) return '';
  return `and ${parent}.id = any(array(select c.parent_id from unnest(${idsOf('$3')}, ${idsOf('$4')}) as seen (id, version),
    lateral (select ${seen.parentKey} as parent_id from ${seen.table}
      where workspace_id = $1 and id = seen.id and version <> seen.version::integer offset 0) c))`;
}

export function seenParameters(seen: SeenChildren | undefined): unknown[] {
  return seen === undefined ? [] : [seen.children.map(({ id }) => id), seen.children.map(({ version }) => version)];
}

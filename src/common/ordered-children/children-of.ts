import type { Call } from '../call/call.js';
import type { Table } from '../table/table.js';
import type { Versioned } from '../versions/versions.js';
import type { SeenChildren } from './seen-children.js';

/** What every ordered child has. */
export interface OrderedChild extends Versioned {
  id: string;
  idx: number;
}

/** A parent and the children it is to get. */
export interface ParentWithChildren<Parent, Child> {
  parent: Parent;
  entries: readonly Partial<Child>[];
}

/** What a collection of children has to know about the resource they belong to. */
export interface ChildrenOf<Child extends OrderedChild, Parent extends Versioned & { id: string }> {
  rows: Table<Child>;
  /** Name of the parent's resource. */
  parentResource: string;
  /** Column that holds the parent's id. */
  parentKey: keyof Child & string;
  /** Most children of one parent. */
  limit: number;
  /**
   * Locks the parent's row for update and answers it; undefined where there is none. Its id is the SQL expression `idSql`
   * over `$2`, which is `id`.
   */
  lockParent: (call: Call, id: string, idSql: string) => Promise<Parent | undefined>;
  /** Runs after every change, in its transaction; with `seen`, after writes that changed something only if one of these has another version. */
  afterChange: (call: Call, parentIds: readonly string[], seen?: SeenChildren) => Promise<void>;
  /** Runs instead of `afterChange` after a reorder, which changes only positions. */
  afterReorder?: (call: Call, parentIds: readonly string[]) => Promise<void>;
  /** Columns of a child that follow from its parent. */
  fromParent?: (parent: Parent) => Partial<Child>;
  /** What the client's values of a child become, seeing the child as it is; a new one has none yet. */
  beforeWrite?: (values: Partial<Child>, current?: Child) => Partial<Child>;
}

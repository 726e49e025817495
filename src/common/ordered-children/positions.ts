import type { EntityManager } from 'typeorm';

/** The statements that number the children of a parent. The caller holds the parent's lock. */
export class Positions {
  private readonly siblings: string;

  constructor(
    private readonly table: string,
    parentKey: string,
  ) {
    this.siblings = `workspace_id = $1 and ${parentKey} = $2`;
  }

  /** How many there are, which is the last position. */
  async size(manager: EntityManager, workspaceId: string, parentId: string): Promise<number> {
    const text = `select coalesce(max(idx), 0) as size from ${this.table} where ${this.siblings}`;
    const [row] = await manager.query<{ size: number }[]>(text, [workspaceId, parentId]);
    return row?.size ?? 0;
  }

  /** Makes room for a child at `to`, or at the end when that is past it, and closes the gap at `from`. Answers the new position. */
  async move(manager: EntityManager, workspaceId: string, parentId: string, from: number, to: number): Promise<number> {
    if (to === from) return from;
    const target = Math.min(to, await this.size(manager, workspaceId, parentId));
    if (target < from) await this.shift(manager, workspaceId, parentId, target, from - 1, 1);
    if (target > from) await this.shift(manager, workspaceId, parentId, from + 1, target, -1);
    return target;
  }

  /** Moves the children at `first` to `last` by one place. */
  async shift(
    manager: EntityManager,
    workspaceId: string,
    parentId: string,
    first: number,
    last: number,
    by: 1 | -1,
  ): Promise<void> {
    const text = `update ${this.table} set idx = idx + $5, version = version + 1 where ${this.siblings} and idx between $3 and $4`;
    await manager.query(text, [workspaceId, parentId, first, last, by]);
  }

  /** Puts the children into the order of `ids`, which names each of them. */
  async arrange(manager: EntityManager, workspaceId: string, parentId: string, ids: readonly string[]): Promise<void> {
    const text = `update ${this.table} set idx = o.idx, version = version + 1
      from unnest($3::text[]) with ordinality o (id, idx)
      where ${this.siblings} and ${this.table}.id = o.id and ${this.table}.idx <> o.idx`;
    await manager.query(text, [workspaceId, parentId, ids]);
  }
}

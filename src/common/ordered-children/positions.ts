import type { Call } from '../call/call.js';

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
  async size(call: Call, parentId: string): Promise<number> {
    const text = `select coalesce(max(idx), 0) as size from ${this.table} where ${this.siblings}`;
    const [row] = await call.manager.query<{ size: number }[]>(text, [call.workspaceId, parentId]);
    return row?.size ?? 0;
  }

  /** The ids in their order. */
  async order(call: Call, parentId: string): Promise<string[]> {
    const text = `select id from ${this.table} where ${this.siblings} order by idx`;
    const children = await call.manager.query<{ id: string }[]>(text, [call.workspaceId, parentId]);
    return children.map(({ id }) => id);
  }

  /** Where a child at `from` gets when it is to go to `to`: the last position, when that is past it. */
  async target(call: Call, parentId: string, from: number, to: number): Promise<number> {
    return to <= from ? to : Math.min(to, await this.size(call, parentId));
  }

  /** Closes the gap that a child leaves at `from`, and makes room for it at `to`. */
  makeRoom(call: Call, parentId: string, from: number, to: number): Promise<void> {
    return to < from ? this.shift(call, parentId, to, from - 1, 1) : this.shift(call, parentId, from + 1, to, -1);
  }

  /** Moves the children at `first` to `last` by one place. */
  async shift(call: Call, parentId: string, first: number, last: number, by: 1 | -1): Promise<void> {
    const text = `update ${this.table} set idx = idx + $5, version = version + 1 where ${this.siblings} and idx between $3 and $4`;
    await call.manager.query(text, [call.workspaceId, parentId, first, last, by]);
  }

  /** Puts the children into the order of `ids`, which names each of them. */
  async arrange(call: Call, parentId: string, ids: readonly string[]): Promise<void> {
    const text = `update ${this.table} set idx = o.idx, version = version + 1
      from unnest($3::text[]) with ordinality o (id, idx)
      where ${this.siblings} and ${this.table}.id = o.id and ${this.table}.idx <> o.idx`;
    await call.manager.query(text, [call.workspaceId, parentId, ids]);
  }
}

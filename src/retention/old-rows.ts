import type { EntityManager } from 'typeorm';

/** Any number, the same in every process: one at a time deletes old rows. */
export const RETENTION_LOCK = 4_711_205_932;

/** Something of which a little is deleted at a time. */
export interface Sweepable {
  readonly table: string;
  /** Answers how many rows were deleted; fewer than a batch when none is left, or when another process is at it. */
  deleteBatch: (manager: EntityManager, workspaceId: string) => Promise<number>;
}

export const BATCH = 2000;

/** The rows of a table that are older than they are kept. */
export class OldRows implements Sweepable {
  private readonly text: string;

  constructor(
    readonly table: string,
    /** The rest of the primary key, which the workspace leads. */
    key: readonly string[],
    private readonly keptHours: number,
    /** SQL condition of rows that stay, over the alias `t`. */
    unless = 'false',
  ) {
    const isOld = `created_at < now() - $2 * interval '1 hour'`;
    const isSame = key.map((name) => `t.${name} = old.${name}`).join(' and ');
    // The age is asked again for the row that is deleted: one that was written anew meanwhile is not old.
    this.text = `with old as materialized (
        select ${key.join(', ')} from ${table} t
        where workspace_id = $1 and ${isOld} and not (${unless}) and pg_try_advisory_xact_lock($3) limit ${BATCH}),
      gone as (delete from ${table} t using old where t.workspace_id = $1 and ${isSame} and t.${isOld} returning 1)
      select count(*)::int as n from gone`;
  }

  async deleteBatch(manager: EntityManager, workspaceId: string): Promise<number> {
    const [row] = await manager.query<{ n: number }[]>(this.text, [workspaceId, this.keptHours, RETENTION_LOCK]);
    return row?.n ?? 0;
  }
}

import type { EntityManager } from 'typeorm';
import { BATCH, RETENTION_LOCK, type Sweepable } from './old-rows.js';

const IS_OVER = 'i.expires_at < now() and not i.is_expired';

const DELETE_ROWS = `with old as materialized (
    select r.import_id, r.is_run, r.line from import i
    join import_row r on r.workspace_id = $1 and r.import_id = i.id
    where i.workspace_id = $1 and ${IS_OVER} and pg_try_advisory_xact_lock($2) limit ${BATCH}),
  gone as (delete from import_row r using old where r.workspace_id = $1
    and r.import_id = old.import_id and r.is_run = old.is_run and r.line = old.line returning 1)
  select count(*)::int as n from gone`;

/** Rows of imports that ended long ago. */
export class OldImportRows implements Sweepable {
  readonly table = 'import_row';

  async deleteBatch(manager: EntityManager, workspaceId: string): Promise<number> {
    const [row] = await manager.query<{ n: number }[]>(DELETE_ROWS, [workspaceId, RETENTION_LOCK]);
    return row?.n ?? 0;
  }
}

/** Each is large. */
const MOST_CHUNKS = 50;

/** Also those of uploads that broke off, which no import has. */
const DELETE_CHUNKS = `with old as materialized (
    select c.file_id, c.number from import_chunk c left join import i on i.workspace_id = $1 and i.file_id = c.file_id
    where c.workspace_id = $1 and c.created_at < now() - interval '1 day' and (i.id is null or ${IS_OVER})
      and pg_try_advisory_xact_lock($2) limit ${MOST_CHUNKS}),
  gone as (delete from import_chunk c using old
    where c.workspace_id = $1 and c.file_id = old.file_id and c.number = old.number returning 1)
  select count(*)::int as n from gone`;

/** An import that waits for a day for its file, or for its run, is cancelled. */
const CANCEL_FORGOTTEN = `update import set status = 'cancelled', finished_at = now(), expires_at = now() + $2 * interval '1 day'
  where workspace_id = $1 and (status = 'awaiting_upload' and created_at < now() - interval '1 day'
    or status = 'checked' and checked_at < now() - interval '1 day')`;

const NOTE_EXPIRED = `update import i set is_expired = true, file_id = null where i.workspace_id = $1 and ${IS_OVER}
  and not exists (select from import_row r where r.workspace_id = $1 and r.import_id = i.id)
  and not exists (select from import_chunk c where c.workspace_id = $1 and c.file_id = i.file_id)`;

/** Files of imports that ended long ago. */
export class OldImportFiles implements Sweepable {
  readonly table = 'import_chunk';

  constructor(private readonly keptDays: number) {}

  async deleteBatch(manager: EntityManager, workspaceId: string): Promise<number> {
    let deleted = 0;
    for (let n = MOST_CHUNKS; n === MOST_CHUNKS; deleted += n) {
      const [row] = await manager.query<{ n: number }[]>(DELETE_CHUNKS, [workspaceId, RETENTION_LOCK]);
      n = row?.n ?? 0;
    }
    await manager.query(CANCEL_FORGOTTEN, [workspaceId, this.keptDays]);
    await manager.query(NOTE_EXPIRED, [workspaceId]);
    // A whole batch would mean that more is left.
    return deleted === BATCH ? deleted - 1 : deleted;
  }
}

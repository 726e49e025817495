import type { EntityManager } from 'typeorm';
import { BATCH, RETENTION_LOCK, type Sweepable } from './old-rows.js';

/**
 * The oldest places of a feed and their events, in order, up to the first that is not too old: so a cursor leads either to
 * all that was behind it, or nowhere.
 */
const DELETE = `with first as materialized (
    select position, id, subject_id, created_at,
      bool_and(created_at < now() - $2 * interval '1 hour') over (order by position) as is_old
    from (select * from feed_entry where workspace_id = $1 and pg_try_advisory_xact_lock($3)
      order by position limit ${BATCH}) f),
  gone as (delete from feed_entry f using first
    where f.workspace_id = $1 and f.position = first.position and first.is_old
    returning f.position, f.id, f.subject_id, f.created_at),
  emptied as (delete from event e using gone
    where e.workspace_id = $1 and e.subject_id = gone.subject_id and e.created_at = gone.created_at and e.id = gone.id),
  noted as (update event_feed set removed_position = (select max(position) from gone)
    where workspace_id = $1 and exists (select from gone))
  select count(*)::int as n from gone`;

/** The part of a feed that is older than it is kept. */
export class OldFeed implements Sweepable {
  readonly table = 'feed_entry';

  constructor(private readonly keptHours: number) {}

  async deleteBatch(manager: EntityManager, workspaceId: string): Promise<number> {
    const [row] = await manager.query<{ n: number }[]>(DELETE, [workspaceId, this.keptHours, RETENTION_LOCK]);
    return row?.n ?? 0;
  }
}

/** Events with a place in the feed go with their place. */
export const IS_IN_FEED = 'exists (select from feed_entry f where f.workspace_id = t.workspace_id and f.id = t.id)';

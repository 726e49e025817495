import type { EntityManager } from 'typeorm';
import { EVENT_ID_LENGTH } from '../history/event-view.js';
import { deleteUnderLocks } from './feed-locks.js';
import { BATCH, type Sweepable } from './old-rows.js';

const HAS_OLD = `select from (select created_at from feed_entry where workspace_id = $1 order by position limit 1) oldest
  where created_at < now() - $2 * interval '1 hour'`;

/** What webhooks still owe, and what a consumer has before it, keeps its event, and those behind it. */
const OWED = `least(
  (select min(position) from webhook_delivery where workspace_id = $1 and status in ('pending', 'retrying')),
  (select min(position) + 1 from consumer_position where workspace_id = $1 and consumer = any($3)))`;

/** Of a source and its derived events, some have their places after those that go now. */
const IS_STILL_PLACED = `exists (select from feed_entry f where f.workspace_id = $1 and f.subject_id = e.subject_id
  and f.created_at = e.created_at and f.position > (select max(position) from gone))`;

/**
 * The oldest places of a feed and their events, in order, up to the first that is not too old: so a cursor leads either to
 * all that was behind it, or nowhere. An event goes with the last of its places, as derived events have its contents.
 */
const DELETE = `with first as materialized (
    select position, id, subject_id, created_at,
      bool_and(created_at < now() - $2 * interval '1 hour') over (order by position) as is_old
    from (select * from feed_entry where workspace_id = $1 order by position limit ${BATCH}) f),
  gone as materialized (select position, id, subject_id, created_at from first
    where is_old and position < coalesce(${OWED}, position + 1)),
  emptied as (delete from event e using gone
    where e.workspace_id = $1 and e.subject_id = gone.subject_id and e.created_at = gone.created_at
      and e.id = left(gone.id, ${EVENT_ID_LENGTH}) and not ${IS_STILL_PLACED}),
  unplaced as (delete from feed_entry f using gone where f.workspace_id = $1 and f.position = gone.position),
  unlisted as (delete from webhook_delivery d using gone where d.workspace_id = $1 and d.event_id = gone.id
    returning d.endpoint_id, d.status),
  missed as (select endpoint_id, count(*) as n from unlisted where status = 'skipped' group by endpoint_id),
  recounted as (update webhook_endpoint e set missed_events = missed_events - n from missed
    where e.workspace_id = $1 and e.id = missed.endpoint_id),
  noted as (update event_feed set removed_position = (select max(position) from gone)
    where workspace_id = $1 and exists (select from gone))
  select count(*)::int as n from gone`;

/** The part of a feed that is older than it is kept. */
export class OldFeed implements Sweepable {
  readonly table = 'feed_entry';

  constructor(
    private readonly keptHours: number,
    /** Names of the consumers that are waited for. */
    private readonly consumers: () => readonly string[],
  ) {}

  deleteBatch(manager: EntityManager, workspaceId: string): Promise<number> {
    const parameters = [this.keptHours, this.consumers()];
    return deleteUnderLocks(manager, workspaceId, { hasOld: HAS_OLD, deletion: DELETE, parameters });
  }
}

const HAS_ENDED = `select from webhook_delivery where workspace_id = $1 and ended_at < now() - $2 * interval '1 hour' limit 1`;

/** Deliveries that ended long ago. What was skipped then is no longer counted as missed. */
const DELETE_ENDED = `with old as materialized (
    select id from webhook_delivery where workspace_id = $1 and ended_at < now() - $2 * interval '1 hour' limit ${BATCH}),
  gone as (delete from webhook_delivery d using old
    where d.workspace_id = $1 and d.id = old.id and d.ended_at < now() - $2 * interval '1 hour' returning d.endpoint_id, d.status),
  missed as (select endpoint_id, count(*) as n from gone where status = 'skipped' group by endpoint_id),
  noted as (update webhook_endpoint e set missed_events = missed_events - n from missed
    where e.workspace_id = $1 and e.id = missed.endpoint_id)
  select count(*)::int as n from gone`;

/** Deliveries to webhook endpoints, from 30 days after their end. */
export class OldDeliveries implements Sweepable {
  static readonly KEPT_HOURS = 30 * 24;
  readonly table = 'webhook_delivery';

  deleteBatch(manager: EntityManager, workspaceId: string): Promise<number> {
    const parameters = [OldDeliveries.KEPT_HOURS];
    return deleteUnderLocks(manager, workspaceId, { hasOld: HAS_ENDED, deletion: DELETE_ENDED, parameters });
  }
}

/** Events with a place in the feed, be it of a derived one, go with their places. */
export const IS_IN_FEED = `exists (select from feed_entry f where f.workspace_id = $1
  and f.subject_id = t.subject_id and f.created_at = t.created_at and left(f.id, ${EVENT_ID_LENGTH}) = t.id)`;

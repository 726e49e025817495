import type { EntityManager } from 'typeorm';
import { EVENT_COLUMNS, EVENT_OF_PLACE, type EventRow } from '../history/event-view.js';
import type { Attempt } from './webhook-delivery.dto.js';
import type { StoredSecret } from './secrets.js';

/** Most requests at a time to one endpoint. */
const MOST_AT_A_TIME = 5;

/** Longer than an attempt can take; who has not told the outcome by then is dead. */
const LEASE_S = 40;

/** A delivery that this process is to send, with the endpoint as it is now and the event. */
export interface Claim extends EventRow {
  workspace_id: string;
  delivery_id: string;
  endpoint_id: string;
  event_id: string;
  opportunity_id: string | null;
  tries: number;
  attempts: Attempt[];
  url: string;
  headers: Record<string, string>;
  secrets: StoredSecret[];
  include_object: boolean;
}

const IS_FREE = '(d.leased_until is null or d.leased_until < now())';

/** Owed now, and neither being sent nor waiting for the one before. */
const IS_DUE = `d.status in ('pending', 'retrying') and d.next_attempt_at <= now() and ${IS_FREE}
  and (e.ordering = 'none' or d.resent or d.opportunity_id is null or not exists (select from webhook_delivery b
    where b.workspace_id = $1 and b.endpoint_id = d.endpoint_id and b.opportunity_id = d.opportunity_id
      and b.status in ('pending', 'retrying') and b.position < d.position))`;

/** One process at a time takes deliveries of an endpoint, so that none is sent more at a time than it should. */
const LOCK = `select e.id from webhook_endpoint e where e.workspace_id = $1 and not e.disabled
    and exists (select from webhook_delivery d where d.workspace_id = $1 and d.endpoint_id = e.id
      and d.status in ('pending', 'retrying') and d.next_attempt_at <= now() and ${IS_FREE})
  order by e.id for no key update of e skip locked`;

/**
 * The deliveries are found before they are updated, in a step of its own: PostgreSQL keeps the plan that it made when there were
 * none, and that plan must not look for them once for each delivery there is.
 */
export const CLAIM = `with due as materialized (select d.id from webhook_endpoint e, lateral (select d.id from webhook_delivery d
      where d.workspace_id = $1 and d.endpoint_id = e.id and ${IS_DUE} order by d.next_attempt_at, d.position
      limit greatest(0, ${MOST_AT_A_TIME} - (select count(*) from webhook_delivery l
        where l.workspace_id = $1 and l.endpoint_id = e.id and l.lease is not null and l.leased_until >= now()))) d
    where e.workspace_id = $1 and e.id = any($2) and not e.disabled)
  update webhook_delivery d set lease = $3, leased_until = now() + interval '${LEASE_S} seconds'
  where d.workspace_id = $1 and d.id = any(array(select id from due))`;

const CLAIMED = `select d.workspace_id, d.id as delivery_id, d.endpoint_id, d.event_id, d.opportunity_id, d.tries, d.attempts,
    e.url, e.headers, e.secrets, e.include_object, ${EVENT_COLUMNS}
  from webhook_delivery d
  join webhook_endpoint e on e.workspace_id = d.workspace_id and e.id = d.endpoint_id
  join feed_entry f on f.workspace_id = d.workspace_id and f.id = d.event_id
  ${EVENT_OF_PLACE}
  where d.workspace_id = $1 and d.lease = $2 and d.endpoint_id = any($3) and d.status in ('pending', 'retrying')
  order by d.next_attempt_at, d.position`;

/** Takes deliveries of a workspace that are due, under a lease. To be called in a transaction. */
export async function claim(manager: EntityManager, workspaceId: string, lease: string): Promise<Claim[]> {
  const endpoints = await manager.query<{ id: string }[]>(LOCK, [workspaceId]);
  if (endpoints.length === 0) return [];
  const ids = endpoints.map(({ id }) => id);
  await manager.query(CLAIM, [workspaceId, ids, lease]);
  return manager.query<Claim[]>(CLAIMED, [workspaceId, lease, ids]);
}

/** In seconds, over all endpoints. */
export const OLDEST_DUE = `select greatest(0, coalesce(extract(epoch from max(now() - oldest)), 0))::float8 as value
  from webhook_endpoint e cross join lateral (select min(next_attempt_at) as oldest from webhook_delivery d
    where d.workspace_id = e.workspace_id and d.endpoint_id = e.id and d.status in ('pending', 'retrying')) due`;

/** What an attempt has made of a delivery. */
export interface Recorded {
  status: 'delivered' | 'retrying' | 'exhausted';
  /** Until the next attempt starts, after the start of this one. */
  delayMs: number | null;
  attempts: readonly Attempt[];
}

/** Not if the delivery was sent anew, or taken by another process, meanwhile. */
const RECORD = `update webhook_delivery set status = $4::text, tries = tries + 1, attempts = $5, attempted_at = $6::timestamptz,
    next_attempt_at = case when $4::text = 'retrying' then greatest(now(), $6::timestamptz + $7::float8 * interval '1 millisecond') end,
    delivered_at = case when $4::text = 'delivered' then now() else delivered_at end,
    ended_at = case when $4::text <> 'retrying' then now() end, lease = null, leased_until = null
  where workspace_id = $1 and id = $2 and lease = $3`;

/** Writes down what an attempt has made of a delivery. */
export async function record(
  manager: EntityManager,
  { workspace_id, delivery_id }: Claim,
  lease: string,
  { status, delayMs, attempts }: Recorded,
): Promise<void> {
  const started = attempts.at(-1)?.attempted_at;
  const parameters = [workspace_id, delivery_id, lease, status, JSON.stringify(attempts), started, delayMs];
  await manager.query(RECORD, parameters);
}

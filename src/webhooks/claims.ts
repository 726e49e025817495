import type { EntityManager } from 'typeorm';
import { pipeline } from '../common/index.js';
import { EVENT_COLUMNS, EVENT_OF_PLACE, type EventRow } from '../history/event-view.js';
import { firstOfDeals, firstToLookAt, KEEP_TO_INDEXES } from './looks.js';
import type { Attempt } from './webhook-delivery.dto.js';
import type { StoredSecret } from './secrets.js';
import { putOffWaiting, releaseNext } from './waiting.js';
import type { WebhookEndpoint } from './webhook-endpoint.entity.js';

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
  ordering: WebhookEndpoint['ordering'];
}

/** How many deliveries of an endpoint a look reads to find some that do not wait for one before them. */
const MOST_READ = 20;

/** Any number, the same in every version of the service. */
const ENDPOINT_LOCK = 471120596;

/**
 * The endpoints that are owed something now. One process at a time takes deliveries of an endpoint, so that none is sent
 * more at a time than it should; and none while the endpoint is changed. Its row is only shared, as whoever numbers events
 * shares it, too. Says also how many endpoints of the workspace are not disabled.
 */
export const LOCK = `select e.id, pg_try_advisory_xact_lock(${ENDPOINT_LOCK}, hashtext(e.id)) as "isMine",
    (select count(*)::int from webhook_endpoint where workspace_id = $1 and not disabled) as enabled
  from (select e.id from webhook_endpoint e where e.workspace_id = $1 and not e.disabled
      and exists (select from ${firstToLookAt('e.id', 1)} d)
    order by e.id for share of e skip locked) e`;

interface Owed {
  id: string;
  isMine: boolean;
  enabled: number;
}

/**
 * The deliveries are found before they are updated, in steps of their own: PostgreSQL keeps the plan that it made when there
 * were none, and that plan must not look for them once for each delivery there is. Answers the endpoints that are owed
 * as much as a look reads, or more, and whether all of that may wait while more could be sent.
 */
export const CLAIM = `with endpoint as materialized (
    select e.id, e.ordering, ${MOST_AT_A_TIME} - (select count(*) from webhook_delivery l
      where l.workspace_id = $1 and l.endpoint_id = e.id and l.lease is not null and l.leased_until >= now()) as free
    from webhook_endpoint e where e.workspace_id = $1 and e.id = any($2) and not e.disabled),
  seen as materialized (select e.ordering, e.free, d.* from endpoint e
    cross join lateral ${firstToLookAt('e.id', MOST_READ)} d),
  ${firstOfDeals(`ordering <> 'none'`)},
  ready as materialized (select s.id, s.endpoint_id, s.free,
      row_number() over (partition by s.endpoint_id order by s.looked_at, s.position) as place
    from seen s left join head using (endpoint_id, opportunity_id)
    where s.resent or head.position is null or head.position = s.position),
  taken as (update webhook_delivery d set lease = $3, leased_until = now() + interval '${LEASE_S} seconds'
    where d.workspace_id = $1 and d.id = any(array(select id from ready where place <= free)))
  select endpoint_id as id,
    ordering <> 'none' and max(free) > (select count(*) from ready r where r.endpoint_id = s.endpoint_id) as "mayWait"
  from seen s group by endpoint_id, ordering having count(*) = ${MOST_READ}`;

/** What was taken under a lease, with the endpoint and the event. */
export const CLAIMED = `select d.workspace_id, d.id as delivery_id, d.endpoint_id, d.event_id, d.opportunity_id, d.tries, d.attempts,
    e.url, e.headers, e.secrets, e.include_object, e.ordering, ${EVENT_COLUMNS}
  from webhook_delivery d
  join webhook_endpoint e on e.workspace_id = d.workspace_id and e.id = d.endpoint_id
  cross join lateral (select * from feed_entry where workspace_id = $1 and id = d.event_id limit 1) f
  ${EVENT_OF_PLACE}
  where d.workspace_id = $1 and d.lease = $2 and d.endpoint_id = any($3) and d.status in ('pending', 'retrying')
  order by d.next_attempt_at, d.position`;

/** What a look has found. */
export interface Found {
  claims: Claim[];
  /** Is there more to find at once? */
  hasMore: boolean;
  /** Is every endpoint owed more than can be sent to it now? Undefined while another process takes deliveries. */
  isBehind: boolean | undefined;
}

/** Takes deliveries of a workspace that are due, under a lease. To be called in a transaction. */
export async function claim(manager: EntityManager, workspaceId: string, lease: string): Promise<Found> {
  const { owed } = await pipeline({
    kept: manager.query(KEEP_TO_INDEXES),
    owed: manager.query<Owed[]>(LOCK, [workspaceId]),
  });
  const ids = owed.filter(({ isMine }) => isMine).map(({ id }) => id);
  const areMine = ids.length === owed.length;
  if (ids.length === 0) return { claims: [], hasMore: false, isBehind: areMine ? false : undefined };
  const { behind, claims } = await pipeline({
    behind: manager.query<{ id: string; mayWait: boolean }[]>(CLAIM, [workspaceId, ids, lease]),
    claims: manager.query<Claim[]>(CLAIMED, [workspaceId, lease, ids]),
  });
  const waiting = behind.filter(({ mayWait }) => mayWait).map(({ id }) => id);
  const hasMore = waiting.length > 0 && (await putOffWaiting(manager, workspaceId, waiting));
  return { claims, hasMore, isBehind: areMine ? behind.length === owed[0]?.enabled : undefined };
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

/** Any number, the same in every version of the service. */
const DEAL_LOCK = 471120595;

/**
 * Not if the delivery was sent anew, or taken by another process, meanwhile. Of two deliveries of an opportunity that end at
 * the same time, the second one to have the lock sees that both have ended. The conditions are written so that none of
 * them is that of an index: PostgreSQL would look for the id among all that the workspace is owed.
 */
export const RECORD = `with recorded as (update webhook_delivery d set status = $4::text, tries = tries + 1, attempts = $5,
      attempted_at = $6::timestamptz,
      next_attempt_at = case when $4::text = 'retrying' then greatest(now(), $6::timestamptz + $7::float8 * interval '1 millisecond') end,
      delivered_at = case when $4::text = 'delivered' then now() else delivered_at end,
      ended_at = case when $4::text <> 'retrying' then now() end, lease = null, leased_until = null, waits_until = null
    from webhook_endpoint e
    where d.workspace_id = $1 and d.id = $2 and d.lease is not distinct from $3 and d.ended_at is null
      and e.workspace_id = $1 and e.id = d.endpoint_id
    returning d.endpoint_id, d.opportunity_id, e.failing_since is not null as is_failing,
      e.ordering <> 'none' and d.opportunity_id is not null and d.ended_at is not null as is_awaited)
  select case when is_awaited then pg_advisory_xact_lock(${DEAL_LOCK}, hashtext(endpoint_id || opportunity_id)) is not null
    else false end as is_awaited, is_failing from recorded`;

const OUTDATED = '~';

/** The lease of `webhook_delivery d` for an attempt whose outcome nobody asks for any more, as the delivery was sent anew. */
export const OUTDATED_LEASE = `'${OUTDATED}' || ltrim(d.lease, '${OUTDATED}')`;

/** The attempt of a delivery that was skipped, or sent anew, meanwhile has ended. */
export const RELEASE = `update webhook_delivery set lease = null, leased_until = null
  where workspace_id = $1 and id = $2 and ltrim(lease, '${OUTDATED}') is not distinct from $3::text`;

/**
 * Writes down what an attempt has made of a delivery, and has the next one looked at where that waits for the end of this one.
 * Answers whether attempts of the endpoint may have failed before.
 */
export async function record(
  manager: EntityManager,
  { workspace_id, delivery_id, endpoint_id, opportunity_id, ordering }: Claim,
  lease: string,
  { status, delayMs, attempts }: Recorded,
): Promise<boolean> {
  const started = attempts.at(-1)?.attempted_at;
  const parameters = [workspace_id, delivery_id, lease, status, JSON.stringify(attempts), started, delayMs];
  const work = async (manager: EntityManager): Promise<boolean> => {
    const [recorded] = await manager.query<{ is_awaited: boolean; is_failing: boolean }[]>(RECORD, parameters);
    if (recorded === undefined) await manager.query(RELEASE, [workspace_id, delivery_id, lease]);
    else if (recorded.is_awaited && opportunity_id !== null)
      await releaseNext(manager, workspace_id, endpoint_id, opportunity_id);
    return recorded?.is_failing ?? true;
  };
  // Together, so that nothing waits in vain if the process ends in between.
  const together = async (manager: EntityManager): Promise<boolean> => {
    await manager.query(KEEP_TO_INDEXES);
    return work(manager);
  };
  return ordering === 'none' ? work(manager) : manager.transaction(together);
}

import type { EntityManager } from 'typeorm';
import { firstOfDeal, firstOfDeals, firstToLookAt, IS_OWED } from './looks.js';

/** How many deliveries are put off at once. */
const MOST_PUT_OFF = 1000;

/**
 * A delivery that was put off is looked at as soon as those before it have ended. After this time it is looked at anyway,
 * for the case that a version of the service that does not know of this has ended them.
 */
const PUT_OFF = `now() + interval '1 hour' * (0.5 + random())`;

/**
 * Those before are locked, so that none of them ends before all see what waits for it. One that is locked may be about to
 * end; what waits for it is not put off. Whether those before have ended is asked after they were found by their ids: else
 * PostgreSQL may find them by an index of all that is owed.
 */
export const PUT_OFF_WAITING = `with seen as materialized (
    select s.* from unnest($2::text[]) e (id)
    cross join lateral ${firstToLookAt('e.id', MOST_PUT_OFF)} s),
  ${firstOfDeals('true')},
  held as materialized (select d.endpoint_id, d.opportunity_id, d.position, d.status from webhook_delivery d
    where d.workspace_id = $1 and d.id = any(array(select id from head)) for share skip locked),
  waiting as materialized (select s.id from seen s join held d using (endpoint_id, opportunity_id)
    where not s.resent and d.position < s.position and ${IS_OWED}),
  changed as (update webhook_delivery d set waits_until = ${PUT_OFF}
    where d.workspace_id = $1 and d.id = any(array(select id from waiting)) returning 1)
  select count(*)::int as n from changed`;

/** Puts off deliveries that wait for one before them; answers whether there were any. To be called in a transaction. */
export async function putOffWaiting(
  manager: EntityManager,
  workspaceId: string,
  endpointIds: readonly string[],
): Promise<boolean> {
  const [changed] = await manager.query<{ n: number }[]>(PUT_OFF_WAITING, [workspaceId, endpointIds]);
  return (changed?.n ?? 0) > 0;
}

/** Who has locked the row is about to end it, or to have it looked at. */
const RELEASE_NEXT = `with head as materialized (select * from ${firstOfDeal('$2', '$3')} d),
  held as materialized (select d.id from webhook_delivery d
    where d.workspace_id = $1 and d.id = any(array(select id from head where waits_until is not null))
    for no key update skip locked)
  update webhook_delivery d set waits_until = null where d.workspace_id = $1 and d.id = any(array(select id from held))`;

/** Has the first delivery that an endpoint is owed for an opportunity looked at. */
export async function releaseNext(
  manager: EntityManager,
  workspaceId: string,
  endpointId: string,
  opportunityId: string,
): Promise<void> {
  await manager.query(RELEASE_NEXT, [workspaceId, endpointId, opportunityId]);
}

const RELEASE_ALL = `update webhook_delivery d set waits_until = null
  where d.workspace_id = $1 and d.endpoint_id = $2 and ${IS_OWED} and d.waits_until is not null`;

/** Has nothing wait any more at an endpoint. */
export async function releaseAll(manager: EntityManager, workspaceId: string, endpointId: string): Promise<void> {
  await manager.query(RELEASE_ALL, [workspaceId, endpointId]);
}

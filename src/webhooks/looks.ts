/*
 * What each look for due deliveries is made of, over `webhook_delivery d`. An endpoint may be owed any number of them, so a
 * statement reads a fixed number in the order of an index. The numbers are in the text: PostgreSQL takes an unknown limit
 * for a tenth of all rows, and would sort them.
 */

/**
 * For a transaction: PostgreSQL would keep the plan of a statement, and one that it made while there were few events and
 * deliveries finds a row among all of a workspace. Planning anew takes about a millisecond, for up to five deliveries. As a
 * select it goes out with the begin.
 */
export const KEEP_TO_INDEXES = `select set_config('plan_cache_mode', 'force_custom_plan', true),
  set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)`;

/** Neither delivered nor given up: the condition of the indexes of the queue. */
export const IS_OWED = `d.status in ('pending', 'retrying')`;

/** Nobody sends it at the moment. */
const IS_FREE = '(d.leased_until is null or d.leased_until < now())';

/** When it is looked at: the expression of `webhook_delivery_next`. One that was put off is looked at later than it is due. */
const LOOKED_AT = 'greatest(d.next_attempt_at, d.waits_until)';

/** The first deliveries of an endpoint that are to be looked at now. */
export function firstToLookAt(endpointId: string, limit: number): string {
  return `(select d.id, d.endpoint_id, d.opportunity_id, d.position, d.resent, ${LOOKED_AT} as looked_at
    from webhook_delivery d
    where d.workspace_id = $1 and d.endpoint_id = ${endpointId} and ${IS_OWED} and ${LOOKED_AT} <= now() and ${IS_FREE}
    order by ${LOOKED_AT}, d.position limit ${limit})`;
}

/** The first delivery that an endpoint is owed for an opportunity. The order has PostgreSQL use `webhook_delivery_order`. */
export function firstOfDeal(endpointId: string, opportunityId: string): string {
  return `(select d.id, d.position, d.waits_until from webhook_delivery d
    where d.workspace_id = $1 and d.endpoint_id = ${endpointId} and ${IS_OWED}
      and d.opportunity_id between ${opportunityId} and ${opportunityId}
    order by d.opportunity_id, d.position limit 1)`;
}

/** For a `with` behind `seen`: what is owed first for each opportunity of deliveries in `seen` that may wait. */
export function firstOfDeals(condition: string): string {
  return `deal as materialized (select distinct endpoint_id, opportunity_id from seen
      where opportunity_id is not null and not resent and ${condition}),
    head as materialized (select deal.*, d.id, d.position
      from deal cross join lateral ${firstOfDeal('deal.endpoint_id', 'deal.opportunity_id')} d)`;
}

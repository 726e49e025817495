import { HttpStatus } from '@nestjs/common';
import {
  ApiException,
  type Call,
  idsOf,
  invalidParameter,
  NEXT_VERSION,
  type Page,
  readTogether,
  resourceMissing,
  type SeenChildren,
  seenParameters,
  someChanged,
  pipeline,
} from '../../common/index.js';
import type { Config } from '../../config/config.js';
import type { Opportunity } from './opportunity.entity.js';
import { PLACEMENT, type Placement } from './opportunity.placement.js';

/*
 * What an opportunity and its children owe each other. Whoever writes children locks the opportunity first and notes the
 * change on it last, in one transaction; so order and totals hold whatever else goes on.
 */

/** The columns of an opportunity that a writer of children needs once it is locked. */
export const LOCKED = ['id', 'conversion_rate', 'version', ...PLACEMENT].join(', ');

/** What a writer of children needs of the opportunity it has locked. */
export type LockedOpportunity = Pick<Opportunity, 'id' | 'conversion_rate' | 'version'> & Placement;

/**
 * Locks the opportunity, so that its children are written by one transaction at a time. Its id is the SQL expression
 * `idSql` over `$2`, which is `id`.
 */
export async function lockOpportunity(call: Call, id: string, idSql = '$2'): Promise<LockedOpportunity | undefined> {
  const text = `select ${LOCKED} from opportunity
    where workspace_id = $1 and id = ${idSql} for no key update`;
  const [row] = await call.manager.query<LockedOpportunity[]>(text, [call.workspaceId, id]);
  return row;
}

/** Notes that children changed; not on an opportunity whose `seen` children are all still the same. */
export async function touchOpportunities(call: Call, ids: readonly string[], seen?: SeenChildren): Promise<void> {
  const text = `update opportunity set ${NEXT_VERSION}
    where workspace_id = $1 and id = any(${idsOf('$2')}) ${someChanged('opportunity', seen)}`;
  await call.manager.query(text, [call.workspaceId, ids, ...seenParameters(seen)]);
}

/** The sums after a change of the opportunity that has its version already. */
export function retotalChanged(call: Call, id: string): Promise<void> {
  return retotalOpportunities(call, [id], undefined, '');
}

/** The same for line items: takes the sums over them anew, in the database and so without rounding. */
export async function retotalOpportunities(
  call: Call,
  ids: readonly string[],
  seen?: SeenChildren,
  next = `${NEXT_VERSION}, `,
): Promise<void> {
  if (ids.length === 0) return;
  const text = `update opportunity set ${next}total = s.total, base_total = s.base_total
    from unnest(${idsOf('$2')}) as o (opportunity_id), lateral (
      select coalesce(sum(amount), 0) as total, coalesce(sum(base_amount), 0) as base_total
      from opportunity_item where workspace_id = $1 and opportunity_id = o.opportunity_id) s
    where workspace_id = $1 and id = o.opportunity_id ${someChanged('opportunity', seen)}`;
  await call.manager.query(text, [call.workspaceId, ids, ...seenParameters(seen)]);
}

/**
 * Reads a list of children of an opportunity. Where it is empty there may be no opportunity: then it is read again, at one
 * moment with the answer to that. Throws 404 naming the parameter that held the id.
 */
export async function listOfOpportunity<T>(
  call: Call,
  id: string,
  list: (call: Call) => Promise<Page<T>>,
): Promise<Page<T>> {
  const page = await list(call);
  if (page.total !== 0) return page;
  return readTogether(call, async (call) => {
    const { page } = await pipeline({ page: list(call), found: requireOpportunity(call, id) });
    return page;
  });
}

async function requireOpportunity(call: Call, id: string): Promise<void> {
  const text = 'select id from opportunity where workspace_id = $1 and id = $2';
  const found = await call.manager.query<unknown[]>(text, [call.workspaceId, id]);
  if (found.length === 0) throw resourceMissing('opportunity', id, 'parent_id');
}

/** What decides whether an opportunity is lost for a reason. */
interface LostState {
  status: string;
  order_lost_reason: string | null;
  has_lost_reasons: boolean;
}

/** Is it Lost, without a lost reason and without its detail? */
export function lacksReason({ status, order_lost_reason, has_lost_reasons }: LostState): boolean {
  return status === 'Lost' && !has_lost_reasons && !order_lost_reason?.trim();
}

/** What to do instead, by the parameter that would leave an opportunity Lost without a reason. */
const REMEDIES = {
  status: 'status Lost needs a reason: send order_lost_reason with it, or use POST /api/crm/opportunity/{id}/lose.',
  order_lost_reason:
    'order_lost_reason is the only reason why the opportunity is Lost: add a lost reason or reopen the opportunity first.',
  lost_reasons:
    'lost_reasons must not be empty while the opportunity is Lost: set order_lost_reason or reopen the opportunity first.',
} as const;

type ReasonParameter = keyof typeof REMEDIES;

/**
 * With REQUIRE_LOST_REASON, throws if the opportunity now is Lost without a reason. Every change that could leave it so ends
 * with this, in its transaction and under the lock of the opportunity, so that no two changes can do it together.
 */
export async function requireLostReason(
  call: Call,
  { REQUIRE_LOST_REASON }: Config,
  id: string,
  param?: ReasonParameter,
): Promise<void> {
  if (!REQUIRE_LOST_REASON) return;
  const text = `select status, order_lost_reason, exists (select from opportunity_lost_reason_detail
      where workspace_id = $1 and opportunity_id = $2) as has_lost_reasons
    from opportunity where workspace_id = $1 and id = $2`;
  const [opportunity] = await call.manager.query<LostState[]>(text, [call.workspaceId, id]);
  if (opportunity !== undefined && lacksReason(opportunity)) throw lostReasonRequired(param);
}

/** The refusal; without a parameter, of the deletion of a lost reason. */
export function lostReasonRequired(param: ReasonParameter | undefined): ApiException {
  if (param !== undefined) return invalidParameter(param, REMEDIES[param]);
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'last_lost_reason',
    message:
      'This is the only reason why the opportunity is Lost: add another one, set order_lost_reason or reopen the opportunity first.',
  });
}

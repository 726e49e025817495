import type { EntityManager } from 'typeorm';
import { NEXT_VERSION } from '../common/index.js';
import { ENDPOINT_DISABLED } from '../events/event-types.js';
import { SKIP } from './queue.js';
import type { DisabledReason } from './webhook-endpoint.entity.js';

/** Before its deliveries, as the retention does, and for itself, so that no old delivery goes while it is skipped. */
const LOCK = 'select from webhook_endpoint where workspace_id = $1 and id = $2 for update';

/** The event and the change are one statement. The event has neither a key nor a request, as nobody asked for it. */
const DISABLE = `with disabled as (update webhook_endpoint
    set disabled = true, disabled_reason = $3::text, disabled_at = now(), ${NEXT_VERSION}
    where workspace_id = $1 and id = $2 and not disabled returning id),
  logged as (insert into event (workspace_id, type, subject_id, object_id, after)
    select $1, '${ENDPOINT_DISABLED}', id, id, json_build_object('disabled', true, 'disabled_reason', $3::text) from disabled)
  select id from disabled`;

/** Stops sending to an endpoint, in a transaction. Answers false if that was done already. */
export async function disableEndpoint(
  manager: EntityManager,
  workspaceId: string,
  id: string,
  reason: DisabledReason,
): Promise<boolean> {
  await manager.query(LOCK, [workspaceId, id]);
  const disabled = await manager.query<unknown[]>(DISABLE, [workspaceId, id, reason]);
  if (disabled.length === 0) return false;
  await manager.query(SKIP, [workspaceId, id]);
  return true;
}

const ENABLED = 'select workspace_id, id from webhook_endpoint where not disabled';

/** Disables all endpoints of a restored database, so that a copy sends nothing. */
export async function disableRestored(manager: EntityManager): Promise<void> {
  const endpoints = await manager.query<{ workspace_id: string; id: string }[]>(ENABLED);
  for (const { workspace_id, id } of endpoints) await disableEndpoint(manager, workspace_id, id, 'restored');
}

const FAILING = `update webhook_endpoint set failing_since = $3 where workspace_id = $1 and id = $2 and failing_since is null`;
const WORKS = `update webhook_endpoint set failing_since = null where workspace_id = $1 and id = $2 and failing_since is not null`;

/** Has every attempt of five days failed, for three events at least? */
const HAS_FAILED = `select from webhook_endpoint e where workspace_id = $1 and id = $2
    and failing_since <= now() - interval '5 days'
    and (select count(*) from (select from webhook_delivery d where d.workspace_id = $1 and d.endpoint_id = $2
      and d.attempted_at >= e.failing_since limit 3) f) >= 3`;

/** Notes an attempt that worked. */
export async function recordSuccess(manager: EntityManager, workspaceId: string, id: string): Promise<void> {
  await manager.query(WORKS, [workspaceId, id]);
}

/** Notes one that failed. Answers whether the endpoint has failed for so long that it is to be disabled. */
export async function recordFailure(
  manager: EntityManager,
  workspaceId: string,
  id: string,
  attemptedAt: string,
): Promise<boolean> {
  await manager.query(FAILING, [workspaceId, id, attemptedAt]);
  return (await manager.query<unknown[]>(HAS_FAILED, [workspaceId, id])).length > 0;
}

import type { EntityManager } from 'typeorm';
import { RETENTION_LOCK } from './old-rows.js';

const IS_ALONE = 'select where pg_try_advisory_xact_lock($1)';

/** The feed, then endpoints, then deliveries: numbering, replays and the end of an endpoint lock them in this order, too. */
const LOCKS = [
  'select from event_feed where workspace_id = $1 for no key update',
  // Keeps replays and changes of endpoints away, while deliveries go on.
  'select from webhook_endpoint where workspace_id = $1 order by id for key share',
  'select from webhook_endpoint where workspace_id = $1 and missed_events > 0 order by id for no key update',
];

interface Deletion {
  /** Finds a row if there is something to delete, with the workspace and the first further parameter. */
  hasOld: string;
  /** Answers `n`, how many rows were deleted. */
  deletion: string;
  /** All that follow the workspace. */
  parameters: readonly unknown[];
}

/** Deletes events or deliveries, so that neither their numbering nor their sending meets a deadlock. */
export async function deleteUnderLocks(
  manager: EntityManager,
  workspaceId: string,
  { hasOld, deletion, parameters }: Deletion,
): Promise<number> {
  if ((await manager.query<unknown[]>(hasOld, [workspaceId, parameters[0]])).length === 0) return 0;
  return manager.transaction(async (manager) => {
    if ((await manager.query<unknown[]>(IS_ALONE, [RETENTION_LOCK])).length === 0) return 0;
    for (const lock of LOCKS) await manager.query(lock, [workspaceId]);
    const [row] = await manager.query<{ n: number }[]>(deletion, [workspaceId, ...parameters]);
    return row?.n ?? 0;
  });
}

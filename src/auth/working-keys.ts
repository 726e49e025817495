import { HttpStatus } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Call } from '../common/call/call.js';
import { ApiException, resourceMissing } from '../common/errors/api.exception.js';
import type { Mode } from '../common/ids/api-key.format.js';

/** The condition on a row of `api_key` under which the key works. */
export const WORKING = 'revoked_at is null and (expires_at is null or expires_at > clock_timestamp())';

/** Weak enough that rows which refer to the workspace can still be written. */
const LOCK = 'select mode from workspace where id = $1 for no key update';
const COUNT = `select count(*) as working from api_key where workspace_id = $1 and ${WORKING}`;

/** The admin keys that last longest. A key that is being replaced counts only if there are no others. */
const LASTING_ADMINS = `select id from (
    select id, rank() over (order by replaced_by is not null, expires_at desc nulls first)
    from api_key where workspace_id = $1 and 'admin' = any(scopes) and ${WORKING}
  ) admin where rank = 1`;

/**
 * Changes to the keys of a workspace run one after the other: each holds this lock until its transaction ends. Answers
 * the mode of the workspace, which all its keys have.
 */
export async function lockKeys(manager: EntityManager, workspaceId: string): Promise<Mode> {
  const [row] = await manager.query<{ mode: Mode }[]>(LOCK, [workspaceId]);
  if (row === undefined) throw resourceMissing('workspace', workspaceId);
  return row.mode;
}

/** Throws 400 if more than `most` keys work now. Called under the lock and after the change, which it takes back. */
export async function requireRoom({ manager, workspaceId }: Call, most: number): Promise<void> {
  const [row] = await manager.query<{ working: number }[]>(COUNT, [workspaceId]);
  if (row === undefined || row.working <= most) return;
  throw new ApiException(HttpStatus.BAD_REQUEST, {
    code: 'keys_limit_reached',
    message: `A workspace may have at most ${most} working keys. Revoke one first, or rotate with an overlap of 0 seconds.`,
  });
}

/** Throws 409 for the one admin key that outlasts all others: without it the workspace would be locked out earlier. */
export async function requireOtherLastingAdmin({ manager, workspaceId }: Call, id: string): Promise<void> {
  const lasting = await manager.query<{ id: string }[]>(LASTING_ADMINS, [workspaceId]);
  if (lasting.length !== 1 || lasting[0]?.id !== id) return;
  throw new ApiException(HttpStatus.CONFLICT, {
    code: 'last_admin_key',
    message:
      'No other key with the scope admin lasts as long as this one. Create such a key first, or rotate this one.',
  });
}

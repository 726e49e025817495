import { HttpStatus } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ApiException, resourceMissing } from '../common/errors/api.exception.js';
import type { Mode } from '../common/ids/api-key.format.js';
import { createKey, type KeyValues } from './insert-key.js';

/** The key, and when its successor ends: it lives as long as the key was to live, but not beyond `$3`. */
const OLD = `select name, scopes, rate_limit as "rateLimit", coalesce(quota_key_id, id) as "quotaKeyId",
    lifetime::text as lifetime, replaced_by as "replacedBy", expires_at as "expiresAt",
    least(clock_timestamp() + lifetime, $3::timestamptz) as "successorExpiresAt"
  from api_key where workspace_id = $1 and id = $2 and revoked_at is null`;

/**
 * The old key ends with the overlap, unless it would end before. The column keeps milliseconds and would round the end
 * up: a key without an overlap would work on for a moment.
 */
const REPLACE = `update api_key set version = version + 1, replaced_by = $3,
    expires_at = least(expires_at, date_trunc('milliseconds', clock_timestamp()) + $4 * interval '1 millisecond')
  where workspace_id = $1 and id = $2`;

/** A key that is to be rotated, as `rotateKey` reads it. */
type OldKey = Required<KeyValues> & { replacedBy: string | null; successorExpiresAt: string | null };

interface Rotation {
  workspaceId: string;
  id: string;
  mode: Mode;
  overlapMs: number;
  /** The latest end of the successor; null for none. */
  latestEnd: string | null;
  /** Throws if this key must not be rotated. */
  check?: (key: OldKey) => void;
}

/**
 * Makes a successor with the same name, scopes, limit, quota and lifetime. The old key works on for the overlap. The
 * caller holds the lock.
 */
export async function rotateKey(
  manager: EntityManager,
  { workspaceId, id, mode, overlapMs, latestEnd, check }: Rotation,
): Promise<{ id: string; secret: string }> {
  const [old] = await manager.query<OldKey[]>(OLD, [workspaceId, id, latestEnd]);
  if (old === undefined) throw resourceMissing('api-key', id);
  if (old.replacedBy !== null) throw alreadyRotated(old.replacedBy);
  check?.(old);
  const { successorExpiresAt: expiresAt, replacedBy: _none, ...kept } = old;
  const successor = await createKey(manager, mode, { ...kept, workspaceId, expiresAt });
  await manager.query(REPLACE, [workspaceId, id, successor.id, overlapMs]);
  return successor;
}

/** A second successor would be one that nobody expects, and the life of this key is now that of its overlap. */
function alreadyRotated(successorId: string): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'key_already_rotated',
    message: `This key was rotated before. Rotate its successor, '${successorId}', instead.`,
  });
}

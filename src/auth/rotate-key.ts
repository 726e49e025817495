import type { EntityManager } from 'typeorm';
import { newId } from '../common/ids/id.js';
import { generateKey, hashKey, hintOf, type Mode } from '../common/ids/api-key.format.js';

/** A new key like the old one, valid for as long as that one was to be. */
const SUCCESSOR = `insert into api_key (workspace_id, id, name, hash, hint, scopes, rate_limit, expires_at)
  select workspace_id, $3, name, $4, $5, scopes, rate_limit, clock_timestamp() + (expires_at - created_at)
  from api_key where workspace_id = $1 and id = $2`;

/** The old one ends with the overlap, unless it would end before. */
const OVERLAP = `update api_key set version = version + 1,
    expires_at = least(expires_at, clock_timestamp() + $3 * interval '1 millisecond')
  where workspace_id = $1 and id = $2`;

/** Makes a key like the given one, which goes on working for `overlapMs`. The caller has a transaction and knows the key is there. */
export async function rotateKey(
  manager: EntityManager,
  old: { workspaceId: string; id: string; mode: Mode },
  overlapMs: number,
): Promise<{ id: string; secret: string }> {
  const secret = generateKey(old.mode);
  const id = newId('api-key');
  await manager.query(SUCCESSOR, [old.workspaceId, old.id, id, hashKey(secret), hintOf(secret)]);
  await manager.query(OVERLAP, [old.workspaceId, old.id, overlapMs]);
  return { id, secret };
}

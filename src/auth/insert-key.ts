import type { EntityManager } from 'typeorm';
import { generateKey, hashKey, hintOf, type Mode } from '../common/ids/api-key.format.js';
import { newId } from '../common/ids/id.js';
import type { ApiKey } from './api-key.entity.js';

const INSERT = `insert into api_key
    (workspace_id, id, hash, hint, name, scopes, rate_limit, quota_key_id, expires_at, lifetime)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamptz, coalesce($10::interval, $9::timestamptz - clock_timestamp()))`;

/** A key to be stored. */
export interface KeyValues {
  workspaceId: string;
  name: string;
  scopes: readonly string[];
  rateLimit: number | null;
  /** The key whose quota the requests count against; null for the new key itself. */
  quotaKeyId: string | null;
  expiresAt: string | null;
  /** Absent for the time from now until `expiresAt`. */
  lifetime?: ApiKey['lifetime'];
}

/** Stores a key with this secret and answers its id. */
export async function insertKey(manager: EntityManager, secret: string, values: KeyValues): Promise<string> {
  const { workspaceId, name, scopes, rateLimit, quotaKeyId, expiresAt, lifetime = null } = values;
  const id = newId('api-key');
  const secretParts = [hashKey(secret), hintOf(secret)];
  await manager.query(INSERT, [
    ...[workspaceId, id, ...secretParts, name, scopes, rateLimit, quotaKeyId, expiresAt, lifetime],
  ]);
  return id;
}

/** Makes a secret and stores the key. */
export async function createKey(
  manager: EntityManager,
  mode: Mode,
  values: KeyValues,
): Promise<{ id: string; secret: string }> {
  const secret = generateKey(mode);
  return { id: await insertKey(manager, secret, values), secret };
}

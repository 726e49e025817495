import { HttpStatus } from '@nestjs/common';
import type { Call } from '../common/call/call.js';
import { errorsOf, withoutFaults } from '../common/body/further-checks.js';
import { ApiException, type ParameterError } from '../common/errors/api.exception.js';
import type { CreateApiKey } from './api-key.dto.js';
import type { KeyValues } from './insert-key.js';
import { WORKING } from './working-keys.js';

const MAKER = `select rate_limit as "rateLimit", expires_at as "expiresAt", coalesce(quota_key_id, id) as "quotaKeyId"
  from api_key where workspace_id = $1 and id = $2 and ${WORKING}`;

/** The key that makes another one: no key gives more than it has. */
export interface KeyMaker {
  rateLimit: number | null;
  expiresAt: string | null;
  quotaKeyId: string;
}

/**
 * The key of the call as it is now. It is read under the lock: a key that was revoked a moment ago may still be in the
 * memory of a process, but it makes no other.
 */
export async function makerOf({ manager, workspaceId, keyId }: Call): Promise<KeyMaker> {
  const [maker] = await manager.query<KeyMaker[]>(MAKER, [workspaceId, keyId]);
  if (maker !== undefined) return maker;
  throw new ApiException(HttpStatus.UNAUTHORIZED, {
    code: 'authentication_required',
    message: 'The API key is not valid.',
    headers: { 'WWW-Authenticate': 'Bearer realm="crm", error="invalid_token"' },
  });
}

/**
 * The limit and the end of a new key, and whose quota it uses. Of what the body leaves out a new key gets as much as its
 * maker has; asking for more is a 400, as is everything else that is wrong with the request. The keys that a limited key
 * makes share its quota, so they do not multiply it.
 */
export function boundsOf(
  maker: KeyMaker,
  defaultLimit: number,
  body: CreateApiKey,
): Pick<KeyValues, 'rateLimit' | 'expiresAt' | 'quotaKeyId'> {
  const errors = errorsOf(body);
  const { rate_limit, expires_at } = withoutFaults(body, errors);
  const isLimited = maker.rateLimit !== null && maker.rateLimit > 0;
  const rateLimit = rate_limit ?? (rate_limit === undefined && isLimited ? maker.rateLimit : null);
  const expiresAt = expires_at === undefined ? maker.expiresAt : expires_at;
  const excess = [...limitErrors(maker, defaultLimit, rateLimit), ...endErrors(maker, expiresAt)];
  for (const { param, code, message } of excess) if (!errors.includes(param)) errors.add(param, code, () => message);
  errors.refuse();
  return { rateLimit, expiresAt, quotaKeyId: isLimited ? maker.quotaKeyId : null };
}

/** Throws 403 for a key that may do more than the one that asks, which would get the secret of its successor. */
export function requireWithin(
  maker: KeyMaker,
  defaultLimit: number,
  key: Pick<KeyValues, 'rateLimit' | 'expiresAt'>,
): void {
  if (limitErrors(maker, defaultLimit, key.rateLimit ?? defaultLimit).length > 0)
    throw exceedsCaller('This key has a higher rate limit than the key of this request.');
  if (outlives(key.expiresAt, maker)) throw exceedsCaller('This key lasts longer than the key of this request.');
}

function exceedsCaller(message: string): ApiException {
  return new ApiException(HttpStatus.FORBIDDEN, { code: 'key_exceeds_caller', message });
}

function limitErrors(maker: KeyMaker, defaultLimit: number, wanted: number | null): ParameterError[] {
  const most = maker.rateLimit ?? defaultLimit;
  if (most === 0) return [];
  if (wanted === null ? maker.rateLimit === null : wanted >= 1 && wanted <= most) return [];
  return [invalid('rate_limit', `must be between 1 and ${most}, the limit of the key of this request.`)];
}

function endErrors(maker: KeyMaker, wanted: string | null): ParameterError[] {
  if (wanted !== null && Date.parse(wanted) <= Date.now()) return [invalid('expires_at', 'must be in the future.')];
  if (!outlives(wanted, maker)) return [];
  return [
    invalid('expires_at', `must not be later than ${maker.expiresAt}, when the key of this request stops working.`),
  ];
}

function outlives(expiresAt: string | null, maker: KeyMaker): boolean {
  if (maker.expiresAt === null) return false;
  return expiresAt === null || Date.parse(expiresAt) > Date.parse(maker.expiresAt);
}

function invalid(param: string, problem: string): ParameterError {
  return { param, code: 'parameter_invalid', message: `${param} ${problem}` };
}

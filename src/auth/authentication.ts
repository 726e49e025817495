import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accessTo } from '../common/routes/access.js';
import { hashKey } from '../common/ids/api-key.format.js';
import type { Caller } from './caller.js';
import { KeyLookup } from './key-lookup.js';
import { KeyUse } from './key-use.js';
import { RateLimits } from './rate-limits/rate-limits.js';
import { insufficientScope, unauthenticated } from './refusals.js';
import { allows, type Scope } from '../common/routes/scopes.js';
import { VerifiedKeyCache } from './verified-key-cache.js';

/**
 * Settles who calls a route that is not `@Public()`, and whether they may, from the headers alone: a hook of Fastify's
 * runs before a byte of the body is read, which a guard of Nest's does not.
 */
@Injectable()
export class Authentication {
  constructor(
    private readonly cache: VerifiedKeyCache,
    private readonly lookup: KeyLookup,
    private readonly use: KeyUse,
    private readonly limits: RateLimits,
  ) {}

  /** Throws, or rejects, for a request that is not to go on. Answers no promise where nothing has to be waited for. */
  authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    const access = accessTo(request);
    if (access === 'public') return undefined;
    const key = bearerToken(request.headers.authorization);
    if (key === undefined) throw unauthenticated(request.headers.authorization);
    const hash = hashKey(key);
    const caller = this.cache.get(hash);
    if (caller !== undefined) return this.admit(caller, access, request, reply);
    return this.identify(key, hash, request, reply).then((found) => this.admit(found, access, request, reply));
  }

  /** Whose key it is. Throws the one 401 for every kind of wrong key, or 429 where too many of them came from. */
  private async identify(key: string, hash: string, request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    const pace = this.limits.isGuessing(request) ? 'in batches' : 'at once';
    const caller = await this.cache.find(hash, () => this.lookup.find(key, hash, pace));
    if (caller === undefined) {
      await this.limits.failed(request, reply);
      throw unauthenticated(request.headers.authorization);
    }
    this.use.touch(caller);
    return caller;
  }

  /** What is beyond the limit of the key is refused before it is asked what the key may do. */
  private admit(
    caller: Caller,
    needed: Scope,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> | undefined {
    request.user = caller;
    const counted = this.limits.take(caller, reply);
    if (counted === undefined) requireScope(caller, needed);
    return counted?.then(() => {
      requireScope(caller, needed);
    });
  }
}

/** The token of an `Authorization: Bearer …` header, in the form of RFC 6750; undefined for anything else. */
function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([-\w.~+/]+=*) *$/i.exec(authorization ?? '')?.[1];
}

function requireScope({ scopes }: Caller, needed: Scope): void {
  if (!allows(scopes, needed)) throw insufficientScope(needed);
}

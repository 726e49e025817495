import { HttpStatus, Injectable, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply } from 'fastify';
import { ApiException } from '../common/errors/api.exception.js';
import { hashKey } from '../common/ids/api-key.format.js';
import { ApiKeyStrategy, bearerToken } from './api-key.strategy.js';
import type { AuthenticatedRequest, Caller } from './caller.js';
import { KeyMemo, type VerifiedCaller } from './key-memo.js';
import { KeyUse } from './key-use.js';
import { RateLimits } from './rate-limits/rate-limits.js';
import { allows, type Scope } from './scopes.js';

const PUBLIC = 'auth:public';
const SCOPE = 'auth:scope';

/** Lets a route, or all of a controller, be called without a key. */
export const Public = (): CustomDecorator => SetMetadata(PUBLIC, true);

/** The scope a route needs, where it is not what its method says: `read` for GET and HEAD, else `write`. */
export const RequireScope = (scope: Scope): CustomDecorator => SetMetadata(SCOPE, scope);

/** Who may call a route. */
interface Access {
  isPublic: boolean;
  scope: Scope | undefined;
}

/**
 * Guards every route that is not `@Public()`. A verified key is remembered for a second: going through passport costs
 * about 100 µs a request, and a revoked key still stops within that second.
 */
@Injectable()
export class ApiKeyGuard extends AuthGuard() {
  private readonly accesses = new WeakMap<object, Access>();

  constructor(
    private readonly reflector: Reflector,
    strategy: ApiKeyStrategy,
    private readonly memo: KeyMemo,
    private readonly use: KeyUse,
    private readonly limits: RateLimits,
  ) {
    // By name, passport would know one strategy a process, and with it one database; it takes the strategy itself as well.
    super({ defaultStrategy: strategy as unknown as string });
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const access = this.accessTo(context);
    if (access.isPublic) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const needed = access.scope ?? scopeOfMethod(request.method);
    const token = bearerToken(request.headers.authorization);
    const memoKey = token === undefined ? '' : hashKey(token);
    const known = this.memo.get(memoKey);
    if (known === undefined) return this.authenticate(context, request, memoKey, needed);
    request.user = known;
    return this.admit(known, needed, http.getResponse<FastifyReply>());
  }

  /** What the route says of who may call it; looked up once, as metadata is a walk through several maps. */
  private accessTo(context: ExecutionContext): Access {
    const handler = context.getHandler();
    const known = this.accesses.get(handler);
    if (known !== undefined) return known;
    const targets = [handler, context.getClass()];
    const access = {
      isPublic: this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) ?? false,
      scope: this.reflector.getAllAndOverride<Scope | undefined>(SCOPE, targets),
    };
    this.accesses.set(handler, access);
    return access;
  }

  /** passport's answer, turned into the one 401 for every kind of wrong key. */
  override handleRequest<T>(error: unknown, caller: T | false, _info: unknown, context: ExecutionContext): T {
    if (error) throw error as Error;
    if (caller) return caller;
    const { headers } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    throw unauthenticated(/^Bearer(\s|$)/i.test(headers.authorization ?? ''));
  }

  private async authenticate(
    context: ExecutionContext,
    request: AuthenticatedRequest,
    memoKey: string,
    needed: Scope,
  ): Promise<boolean> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    try {
      await super.canActivate(context);
    } catch (error) {
      if (memoKey !== '' && isUnauthorized(error)) await this.limits.failed(request, reply);
      throw error;
    }
    const caller = request.user as VerifiedCaller;
    this.memo.set(memoKey, caller);
    this.use.note(caller);
    return this.admit(caller, needed, reply);
  }

  /** What is beyond the limit of the key is refused before it is asked what the key may do. */
  private admit(caller: Caller, needed: Scope, reply: FastifyReply): boolean | Promise<boolean> {
    const counted = this.limits.take(caller, reply);
    return counted === undefined ? permit(caller, needed) : counted.then(() => permit(caller, needed));
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiException && error.getStatus() === (HttpStatus.UNAUTHORIZED as number);
}

function scopeOfMethod(method: string): Scope {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write';
}

function permit(caller: Caller, needed: Scope): true {
  if (allows(caller.scopes, needed)) return true;
  throw new ApiException(HttpStatus.FORBIDDEN, {
    code: 'scope_insufficient',
    message: `This operation needs a key with the scope '${needed}'.`,
    headers: { 'WWW-Authenticate': `Bearer realm="crm", error="insufficient_scope", scope="${needed}"` },
  });
}

/** RFC 6750, section 3: an error code only where a bearer token was tried. */
function unauthenticated(tried: boolean): ApiException {
  const challenge = 'Bearer realm="crm"';
  return new ApiException(HttpStatus.UNAUTHORIZED, {
    code: 'authentication_required',
    message: tried
      ? 'The API key is not valid.'
      : 'An API key is required: send it as "Authorization: Bearer sk_test_…".',
    headers: {
      'WWW-Authenticate': tried
        ? `${challenge}, error="invalid_token", error_description="The API key is not valid"`
        : challenge,
    },
  });
}

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Scope } from './scopes.js';

/** Who makes a request: the workspace and the key that the guard found. */
export interface Caller {
  workspaceId: string;
  keyId: string;
  scopes: readonly Scope[];
  /** Requests a window; null for what is configured, 0 for no limit. */
  rateLimit: number | null;
}

export type AuthenticatedRequest = FastifyRequest & { user?: Caller };

/** Who makes the request, for the few who need to know more than the workspace. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new Error('A route that needs a caller must not be public.');
  return user;
});

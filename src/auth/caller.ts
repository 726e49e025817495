import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { WriteAuthor } from '../common/events/author.js';
import type { Scope } from './scopes.js';

/** Who makes a request: the workspace and the key that authentication found. */
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

/** The workspace of the caller, which every reading method of a service takes first. */
export const WorkspaceId = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new Error('A route that needs a workspace must not be public.');
  return user.workspaceId;
});

/** The author of what a handler writes. */
export const Author = createParamDecorator((_data: unknown, context: ExecutionContext): WriteAuthor => {
  const { user, id } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new Error('A route that writes must not be public.');
  return { workspaceId: user.workspaceId, keyId: user.keyId, requestId: id };
});

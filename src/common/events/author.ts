import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest } from '../../auth/caller.js';

/** Who writes: the workspace and the key of the caller, and the request. Every writing method of a service takes it first. */
export interface WriteAuthor {
  workspaceId: string;
  keyId: string;
  requestId: string;
}

/** The author of what a handler writes. */
export const Author = createParamDecorator((_data: unknown, context: ExecutionContext): WriteAuthor => {
  const { user, id } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new Error('A route that writes must not be public.');
  return { workspaceId: user.workspaceId, keyId: user.keyId, requestId: id };
});

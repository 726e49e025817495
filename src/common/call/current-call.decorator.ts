import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Call } from './call.js';

/** The call of a request. A replica is taken only by a request that may, and a handler that asks. */
export function callOf(request: FastifyRequest): Call {
  const { user, id, deadline } = request;
  if (user === undefined || deadline === null) throw new Error('A route that reads or writes must not be public.');
  const { workspaceId, keyId } = user;
  const database = request.takeReplica?.() ?? request.server.database;
  return { workspaceId, keyId, requestId: id, manager: database.managerFor({ workspaceId, deadline }) };
}

/** What every handler hands its service first. */
export const CurrentCall = createParamDecorator((_data: unknown, context: ExecutionContext): Call =>
  callOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

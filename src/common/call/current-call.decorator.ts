import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';
import type { Call } from './call.js';

/** A request as far as its call follows from it: who the guard found, and a replica to read from, if one may be used. */
export type CallRequest = FastifyRequest & {
  user?: { workspaceId: string; keyId: string };
  takeReplica?: (() => EntityManager) | undefined;
};

/** Where a call finds its way to the database: a decorator has no dependencies of its own. */
export type CallServer = FastifyInstance & { managerOf: (request: FastifyRequest) => EntityManager };

/** The call of a request. A replica is taken only by a request that may, and a handler that asks. */
export function callOf(request: CallRequest): Call {
  const { user, id } = request;
  if (user === undefined) throw new Error('A route that reads or writes must not be public.');
  const manager = request.takeReplica?.() ?? (request.server as CallServer).managerOf(request);
  return { workspaceId: user.workspaceId, keyId: user.keyId, requestId: id, manager };
}

/** What every handler hands its service first. */
export const CurrentCall = createParamDecorator((_data: unknown, context: ExecutionContext): Call =>
  callOf(context.switchToHttp().getRequest<CallRequest>()),
);

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Call } from './call.js';
import type { BudgetedDatabase, Deadline } from './deadline.js';

/** A request as far as its call follows from it. */
export type CallRequest = FastifyRequest & {
  user?: { workspaceId: string; keyId: string };
  deadline: Deadline;
  /** Answers a replica to read from; there while one may be used. */
  takeReplica?: (() => BudgetedDatabase) | undefined;
};

/** Where a call finds the database: a decorator has no dependencies of its own. */
export type CallServer = FastifyInstance & { database: BudgetedDatabase };

/** The call of a request. A replica is taken only by a request that may, and a handler that asks. */
export function callOf(request: CallRequest): Call {
  const { user, id, deadline } = request;
  if (user === undefined) throw new Error('A route that reads or writes must not be public.');
  const { workspaceId, keyId } = user;
  const database = request.takeReplica?.() ?? (request.server as CallServer).database;
  return { workspaceId, keyId, requestId: id, manager: database.managerFor({ workspaceId, deadline }) };
}

/** What every handler hands its service first. */
export const CurrentCall = createParamDecorator((_data: unknown, context: ExecutionContext): Call =>
  callOf(context.switchToHttp().getRequest<CallRequest>()),
);

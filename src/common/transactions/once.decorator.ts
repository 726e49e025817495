import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';

/** What a POST does, in the transaction it is given, if it is given one. */
export type Work = (manager?: EntityManager) => Promise<object>;

/** Makes the work of a POST safe to repeat. */
export interface Repeatable {
  /**
   * Does the work, or answers what it was answered before; a text is an answer that is finished. `unstored` names an
   * attribute of the answer that is not kept: a repetition gets null for it.
   */
  once: (request: FastifyRequest, reply: FastifyReply, work: Work, unstored?: string) => Promise<object | string>;
}

/** Where the decorator finds it: a decorator has no dependencies of its own. */
export type RepeatableServer = FastifyInstance & { idempotency: Repeatable };

/** Does the work of a POST once for each `Idempotency-Key`, in the transaction that it hands on when there is a key. */
export type OncePerKey = <T extends object>(work: (manager?: EntityManager) => Promise<T>) => Promise<T>;

/**
 * Every POST handler takes it and does its work through it: `return once((manager) => this.service.create(…, manager))`.
 * The answer to the key is then stored with the effects, or neither is. `unstored` names an attribute, such as a secret,
 * that must not be kept.
 */
export const Once = createParamDecorator((unstored: string | undefined, context: ExecutionContext): OncePerKey => {
  const http = context.switchToHttp();
  const request = http.getRequest<FastifyRequest>();
  const { idempotency } = request.server as RepeatableServer;
  const once = (work: Work): Promise<object | string> =>
    idempotency.once(request, http.getResponse<FastifyReply>(), work, unstored);
  return once as OncePerKey;
});

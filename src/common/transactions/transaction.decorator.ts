import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';

/** A request whose writes have to happen in a transaction that was begun for it. */
export type TransactedRequest = FastifyRequest & { transaction?: EntityManager | undefined };

/**
 * The transaction in which a POST has to write, so that the answer to its idempotency key is stored with its effects;
 * undefined when the request brought no key. Every POST handler hands it to its service.
 */
export const Transaction = createParamDecorator(
  (_data: unknown, context: ExecutionContext): EntityManager | undefined =>
    context.switchToHttp().getRequest<TransactedRequest>().transaction,
);

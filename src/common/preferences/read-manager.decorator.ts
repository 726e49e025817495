import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';

/** A request whose client takes an answer that is a little old; `takeReplica` is there while a replica can give it. */
export type ReadRequest = FastifyRequest & { takeReplica?: (() => EntityManager) | undefined };

/**
 * Where a GET reads when the client says `Prefer: stale-ok` and a replica is there; undefined for the primary. Every
 * handler of a GET hands it to its service.
 */
export const ReadManager = createParamDecorator(
  (_data: unknown, context: ExecutionContext): EntityManager | undefined =>
    context.switchToHttp().getRequest<ReadRequest>().takeReplica?.(),
);

import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ParameterErrors } from '../errors/parameter-errors.js';

const PRECONDITIONS = ['If-Match', 'If-None-Match'] as const;
const READS: readonly string[] = ['GET', 'HEAD'];

/**
 * Refuses a write that brings a precondition to a route that does not look at it: it would be made whatever the version.
 * Only these routes get the hook, the others are not slowed down by it.
 */
export function refuseUnheededPreconditions(instance: FastifyInstance): void {
  instance.addHook('onRoute', (route: RouteOptions) => {
    const isRead = [route.method].flat().every((method) => READS.includes(method));
    if (!isRead && route.config?.takesIfMatch === undefined)
      route.preHandler = [route.preHandler ?? [], refusePreconditions].flat();
  });
}

function refusePreconditions({ headers }: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  if ((headers['if-match'] ?? headers['if-none-match']) === undefined) {
    done();
    return;
  }
  const errors = new ParameterErrors();
  for (const name of PRECONDITIONS)
    if (headers[name.toLowerCase()] !== undefined)
      errors.add(
        name,
        'parameter_invalid',
        () => `This operation takes no ${name}, because it does not change a single existing object.`,
      );
  done(errors.exception);
}

import type { FastifyRequest } from 'fastify';
import type { ParameterErrors } from '../errors/parameter-errors.js';
import { expectedBy } from './entity-tags.js';

const PRECONDITIONS = ['If-Match', 'If-None-Match'] as const;

/**
 * Adds what is wrong with the preconditions of a write, and answers whether nothing is. A precondition that the route does not
 * look at is refused, because the write would be made whatever the version.
 */
export function addPreconditionErrors(
  { method, headers, routeOptions }: FastifyRequest,
  errors: ParameterErrors,
): boolean {
  if ((headers['if-match'] ?? headers['if-none-match']) === undefined || method === 'GET' || method === 'HEAD')
    return true;
  if (routeOptions.config.takesIfMatch === true) {
    return errors.addThrown(() => expectedBy(headers));
  }
  for (const name of PRECONDITIONS)
    if (headers[name.toLowerCase()] !== undefined)
      errors.add(
        name,
        'parameter_invalid',
        () => `This operation takes no ${name}, because it does not change a single existing object.`,
      );
  return false;
}

import { createParamDecorator, HttpStatus, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { failure } from '../docs/failures.js';
import { ApiException } from '../errors/api.exception.js';
import { ExtendRouteConfig } from '../routes/extend-route-config.js';
import { expectedBy } from './entity-tags.js';

/** A row that carries the number of its version, which goes out as its ETag and never in the body. */
export interface Versioned {
  version: number;
}

/** The versions a client is ready to change; undefined if it did not say, or said any (`*`). */
export type ExpectedVersions = readonly number[] | undefined;

/** Does a write ask that there be the object, whatever its version? */
export const MustExist = createParamDecorator(
  (_data: unknown, context: ExecutionContext): boolean =>
    context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'] !== undefined,
);

/** The strong ETag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

const DESCRIPTIONS = {
  object: 'ETag of the version to change. If the object has another version, the response is 412.',
  parent: 'ETag of the parent. If the parent has another version, the response is 412.',
};

const Expected = createParamDecorator((_data: unknown, context: ExecutionContext): ExpectedVersions =>
  expectedBy(context.switchToHttp().getRequest<FastifyRequest>().headers),
);

/**
 * What the request's `If-Match` expects of the object, or of the parent of the children that are written. The document
 * names the header for exactly the handlers that take this parameter, and other writes refuse it.
 */
export function IfMatch(of: keyof typeof DESCRIPTIONS = 'object'): ParameterDecorator {
  const header = ApiHeader({
    name: 'If-Match',
    required: false,
    description: DESCRIPTIONS[of],
    schema: { type: 'string' },
  });
  return (target, name, index) => {
    if (name === undefined) return;
    const handler = Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
    for (const decorate of [ExtendRouteConfig({ takesIfMatch: true }), header, failure(412)])
      decorate(target, name, handler);
    Expected()(target, name, index);
  };
}

/** Throws 412 unless the version is an expected one. */
export function requireVersion(version: number, expected: ExpectedVersions): void {
  if (expected !== undefined && !expected.includes(version)) throw preconditionFailed(version, expected);
}

/** 412 for an object of this version, or for none. */
export function preconditionFailed(version: number | undefined, expected: ExpectedVersions): ApiException {
  return new ApiException(HttpStatus.PRECONDITION_FAILED, {
    code: 'precondition_failed',
    message:
      version === undefined
        ? 'There is no such object, but If-Match requires one. To create it, leave If-Match out.'
        : expected?.length === 0
          ? 'The object exists, but If-Match or If-None-Match allows no version of it. Read the object, and send its ETag in If-Match.'
          : 'The object has changed: If-Match names another version. Read the object again before you change it.',
    ...(version !== undefined && { headers: { ETag: etagOf(version) } }),
  });
}

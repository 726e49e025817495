import { createParamDecorator, HttpStatus, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiException } from '../errors/api.exception.js';

/** A row that carries the number of its version, which goes out as its ETag and never in the body. */
export interface Versioned {
  version: number;
}

/** The versions a client is ready to change; undefined if it did not say, or said any (`*`). */
export type ExpectedVersions = readonly number[] | undefined;

/** The strong ETag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** The versions in an `If-Match` or `If-None-Match` header. What is not one of our tags, weak ones included, matches nothing. */
export function versionsIn(header: string | undefined): ExpectedVersions {
  if (header === undefined || header.trim() === '*') return undefined;
  return header.split(',').flatMap((tag) => (/^\s*"\d{1,9}"\s*$/.test(tag) ? Number(tag.trim().slice(1, -1)) : []));
}

/** What the request's `If-Match` expects. */
export const IfMatch = createParamDecorator((_data: unknown, context: ExecutionContext): ExpectedVersions =>
  versionsIn(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);

/** Throws 412 unless the version is an expected one. */
export function requireVersion(version: number, expected: ExpectedVersions): void {
  if (expected !== undefined && !expected.includes(version)) throw preconditionFailed(version);
}

export function preconditionFailed(version: number): ApiException {
  return new ApiException(HttpStatus.PRECONDITION_FAILED, {
    code: 'precondition_failed',
    message: 'The object has changed since: If-Match names another version. Read it again before you change it.',
    headers: { ETag: etagOf(version) },
  });
}

import { HttpStatus } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { etagOf } from './versions.js';

/** An object as a service hands it over, with its version. */
export interface TaggedAnswer {
  id: string;
  version?: number | undefined;
}

/**
 * The headers of an answer that is one object: its version as `ETag`, and where it is when it was just created. A GET
 * that names the current version in `If-None-Match` is answered 304 without a body.
 */
export function tagObject(
  object: TaggedAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
): TaggedAnswer | undefined {
  const etag = etagOf(object.version ?? 0);
  void reply.header('ETag', etag);
  // Not deleted, as that makes the object slow to serialise; JSON leaves an undefined key out.
  object.version = undefined;
  if (reply.statusCode === (HttpStatus.CREATED as number))
    void reply.header('Location', `${pathOf(request)}/${object.id}`);
  const { 'if-none-match': known } = request.headers;
  if (known === undefined || request.method !== 'GET' || !matches(known, etag)) return object;
  void reply.status(HttpStatus.NOT_MODIFIED).removeHeader('content-type');
  return undefined;
}

/** Weak comparison, as RFC 9110 wants it for `If-None-Match`. */
function matches(header: string, etag: string): boolean {
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? url;
}

import { HttpStatus } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AttachedValue } from '../attached-value.js';
import { namesVersion, versionsIn } from '../versions/entity-tags.js';
import { etagOf, requireVersion } from '../versions/versions.js';

const beyondVersion = new AttachedValue<true>();

/** A read of this object is never answered with 304, because what it shows can change without a new version. */
export function markBeyondVersion(object: object): void {
  beyondVersion.attach(object, true);
}

/** An object as a service hands it over, with its version. */
export interface TaggedAnswer {
  id: string;
  version?: number | undefined;
}

/**
 * The headers of an answer that is one object: its version as `ETag`, and where it is when it was just created. Null for a
 * read that needs no answer, as the client has this version.
 */
export function tagObject(object: TaggedAnswer, request: FastifyRequest, reply: FastifyReply): TaggedAnswer | null {
  const version = object.version ?? 0;
  void reply.header('ETag', etagOf(version));
  // Not deleted, as that makes the object slow to serialise; JSON leaves an undefined key out.
  object.version = undefined;
  if (reply.statusCode === (HttpStatus.CREATED as number) && !reply.hasHeader('location'))
    void reply.header('Location', `${pathOf(request)}/${object.id}`);
  const { 'if-match': wanted, 'if-none-match': known } = request.headers;
  if ((wanted ?? known) === undefined || !isRead(request)) return object;
  requireVersion(version, versionsIn(wanted));
  if (known === undefined || !namesVersion(known, version) || beyondVersion.of(object) === true) return object;
  void reply.status(HttpStatus.NOT_MODIFIED).removeHeader('content-type');
  // The answer to a HEAD tells the length all the same.
  return request.method === 'HEAD' ? object : null;
}

/** The same for a new object that has no version. */
export function locateObject(object: TaggedAnswer, request: FastifyRequest, reply: FastifyReply): TaggedAnswer {
  void reply.header('Location', `${pathOf(request)}/${object.id}`);
  return object;
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? url;
}

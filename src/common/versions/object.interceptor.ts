import { HttpStatus, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { etagOf, type Versioned } from './versions.js';

type ObjectAnswer = { id: string; version?: number | undefined };

/**
 * The headers of an answer that is one object: its version as `ETag`, and where it is when it was just created. A GET
 * that names the current version in `If-None-Match` is answered 304 without a body.
 */
@Injectable()
export class ObjectInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<ObjectAnswer & Versioned>): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(map((object) => this.finish(object, request, reply)));
  }

  private finish(object: ObjectAnswer, request: FastifyRequest, reply: FastifyReply): ObjectAnswer | undefined {
    const etag = etagOf(object.version ?? 0);
    void reply.header('ETag', etag);
    // Not deleted, as that makes the object slow to serialise; JSON leaves an undefined key out.
    object.version = undefined;
    if (reply.statusCode === (HttpStatus.CREATED as number))
      void reply.header('Location', `${pathOf(request)}/${object.id}`);
    if (request.method !== 'GET' || !matches(request.headers['if-none-match'], etag)) return object;
    void reply.status(HttpStatus.NOT_MODIFIED);
    return undefined;
  }
}

/** Weak comparison, as RFC 9110 wants it for `If-None-Match`. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? url;
}

import {
  HttpException,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, type Observable } from 'rxjs';
import { prefers } from '../common/routes/preferences.js';
import type { Replica } from './replica.js';
import { Replicas } from './replicas.js';

const APPLIED = 'Preference-Applied';

/**
 * Sends a GET with `Prefer: stale-ok` to a replica, and says so in the answer. Where that fails, for whatever reason of
 * the replica's, the request is done once more on the primary, as if the client had not said it.
 */
@Injectable()
export class StaleReadInterceptor implements NestInterceptor {
  constructor(private readonly replicas: Replicas) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { prefer } = request.headers;
    if (prefer === undefined || request.method !== 'GET' || !prefers(prefer, 'stale-ok')) return next.handle();
    const replica = this.replicas.pick();
    return replica === undefined ? next.handle() : readFrom(replica, request, http.getResponse(), next);
  }
}

function readFrom(
  replica: Replica,
  request: FastifyRequest,
  reply: FastifyReply,
  next: CallHandler,
): Observable<unknown> {
  request.takeReplica = () => {
    void reply.header(APPLIED, 'stale-ok');
    return replica.database;
  };
  return next.handle().pipe(
    catchError((error: unknown) => {
      // What the client did wrong is wrong on the primary, too, as far as it is ready to know.
      if (error instanceof HttpException) throw error;
      request.takeReplica = undefined;
      void reply.removeHeader(APPLIED);
      return next.handle();
    }),
  );
}

import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tap, type Observable } from 'rxjs';

/** Says in `Location` where the object just created is: below the path it was posted to. */
@Injectable()
export class LocationInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<{ id: string }>): Observable<unknown> {
    const http = context.switchToHttp();
    const [path] = http.getRequest<FastifyRequest>().url.split('?');
    return next
      .handle()
      .pipe(tap(({ id }) => void http.getResponse<FastifyReply>().header('Location', `${path ?? ''}/${id}`)));
  }
}

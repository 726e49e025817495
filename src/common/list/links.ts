import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tap, type Observable } from 'rxjs';
import type { Page } from './page.js';

const CURSORS = ['starting_after', 'ending_before', 'offset'];

/** The neighbours of a page as a `Link` header (RFC 8288), by cursor, so that following them neither repeats nor skips. */
@Injectable()
export class LinkInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<Page<unknown>>): Observable<unknown> {
    const http = context.switchToHttp();
    const { url } = http.getRequest<FastifyRequest>();
    return next.handle().pipe(
      tap((page) => {
        const links = linksOf(url, page);
        page.edges = undefined;
        if (links.length > 0) void http.getResponse<FastifyReply>().header('Link', links.join(', '));
      }),
    );
  }
}

/** `url` is path and query of the request. */
export function linksOf(url: string, page: Page<unknown>): string[] {
  const { pathname: path, searchParams: query } = new URL(url, 'http://localhost');
  const { first, last } = page.edges ?? {};
  if (first === undefined || last === undefined) return [];
  const backwards = query.has('ending_before');
  const isLater = query.has('starting_after') || Number(query.get('offset') ?? 0) > 0;
  const link = (cursor: string, id: string, rel: string): string => {
    const kept = [...query].filter(([name]) => !CURSORS.includes(name));
    return `<${path}?${new URLSearchParams([...kept, [cursor, id]]).toString()}>; rel="${rel}"`;
  };
  return [
    ...(backwards || page.has_more ? [link('starting_after', last, 'next')] : []),
    ...((backwards ? page.has_more : isLater) ? [link('ending_before', first, 'prev')] : []),
  ];
}

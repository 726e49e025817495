import { HttpStatus } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiException } from '../common/errors/api.exception.js';

/** 405 with `Allow` for a path that exists but not for the method, 404 for one that does not exist. */
export function refuseUnknownRoutes(instance: FastifyInstance): void {
  const routes: { pattern: RegExp; methods: Set<string> }[] = [];
  const byUrl = new Map<string, Set<string>>();

  instance.addHook('onRoute', ({ url, method }) => {
    const methods = byUrl.get(url) ?? new Set();
    if (!byUrl.has(url)) routes.push({ pattern: patternOf(url), methods });
    byUrl.set(url, methods);
    for (const name of [method].flat()) methods.add(name);
  });

  instance.addHook('onRequest', (request, _reply, done) => {
    done(request.is404 ? refusal(request, routes) : undefined);
  });
}

function refusal(request: FastifyRequest, routes: { pattern: RegExp; methods: Set<string> }[]): ApiException {
  const path = decodedPath(request.url);
  const allowed = new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods]));
  if (allowed.size === 0) return missingRoute(request);
  const allow = [...allowed].sort().join(', ');
  return new ApiException(HttpStatus.METHOD_NOT_ALLOWED, {
    code: 'method_not_allowed',
    message: `${request.method} is not possible on ${path}; it takes ${allow}.`,
    headers: { Allow: allow },
  });
}

export function missingRoute({ url }: FastifyRequest): ApiException {
  const message = `There is no ${decodedPath(url)}.`;
  return new ApiException(HttpStatus.NOT_FOUND, { code: 'route_missing', message });
}

/** The router has decoded the path already, or it would have refused it. */
function decodedPath(url: string): string {
  const [path = ''] = url.split('?');
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

function patternOf(url: string): RegExp {
  const escaped = url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}

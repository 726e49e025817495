import { HttpStatus } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ANY } from '../config/origins.js';

/** What a page may read of an answer, beyond what every page may. */
const EXPOSED_HEADERS = [
  ...['ETag', 'Link', 'Location', 'Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
  ...[
    'Idempotent-Replayed',
    'Preference-Applied',
    'WWW-Authenticate',
    'Allow',
    'Accept-Encoding',
    'Content-Disposition',
    'Date',
  ],
].join(', ');

/** How long a browser may keep what a preflight was answered; Chromium takes no more. */
const PREFLIGHT_SECONDS = 7200;

const PREFLIGHT_HEADERS = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'Access-Control-Allow-Headers': [
    ...['Authorization', 'Content-Type', 'Content-Encoding', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'Prefer'],
    ...['Last-Event-ID', 'traceparent', 'tracestate', 'baggage'],
  ].join(', '),
  'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
};

/** Gives an answer the headers that let a page of another origin read it, if it may; says whether it may. */
type AllowOrigin = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** Credentials are never allowed: it is the page that sends a key, not the browser. Undefined where no origin may call. */
export function allowOriginOf(origins: readonly string[] | undefined): AllowOrigin | undefined {
  if (origins === undefined) return undefined;
  const isAny = origins.includes(ANY);
  return ({ headers: { origin } }, reply) => {
    if (!isAny) void reply.header('Vary', 'Accept-Encoding, Origin');
    if (origin === undefined || !(isAny || origins.includes(origin))) return false;
    void reply.headers({
      'Access-Control-Allow-Origin': isAny ? ANY : origin,
      'Access-Control-Expose-Headers': EXPOSED_HEADERS,
    });
    return true;
  };
}

/**
 * Answers pages of other origins as the CORS protocol of the Fetch standard has it: every answer says who may read it, errors
 * too, and a preflight is answered before anybody asks for a key, which it never has, or for the method of a route. OPTIONS
 * without what makes a preflight is refused like any other method.
 */
export function answerOtherOrigins(instance: FastifyInstance, allowOrigin: AllowOrigin): void {
  instance.addHook('onRequest', (request, reply, done) => {
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (allowOrigin(request, reply) && isPreflight)
      void reply.status(HttpStatus.NO_CONTENT).headers(PREFLIGHT_HEADERS).send();
    else done();
  });
}

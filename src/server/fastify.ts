import { HttpStatus } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { ApiException } from '../common/errors/api.exception.js';
import { finishAnswers } from '../common/answers/answers.js';
import { errorBody } from '../common/errors/error-body.js';
import { newId } from '../common/ids/id.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { addReorderAliases } from '../common/ordered-children/reorder-aliases.js';
import { followRequests } from '../common/request-end.js';
import type { Config } from '../config/config.js';
import type { Tracing } from '../tracing/tracing.js';
import { answerInTime } from './answer-in-time.js';
import { answerClientError, MAX_HEADER_BYTES } from './client-error.js';
import { compressAnswers } from './compression.js';
import { allowOriginOf, answerOtherOrigins } from './cross-origin.js';
import { letGoOfConnections } from './let-go-of-connections.js';
import { refuseUnknownRoutes } from './method-not-allowed.js';
import { readBodies } from './read-bodies.js';
import { logRequests } from './request-log.js';
import { leaveBodiesUnread } from './unread-bodies.js';

/** Fastify with limits and timeouts set on purpose, and everything of HTTP that is below Nest's routes. */
export function createAdapter(config: Config, logger: Logger, tracing?: Tracing): FastifyAdapter {
  const allowOrigin = allowOriginOf(config.CORS_ORIGINS);
  const adapter = new ServiceAdapter({
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 65_000,
    // Node would answer a missing Host without a body; requireOneHost answers it in our shape.
    http: {
      headersTimeout: 10_000,
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false,
      // How often the two timeouts above are looked after; Node's default would make 10 seconds up to 40.
      connectionsCheckingInterval: 1000,
    },
    // What still arrives while the service stops is served; Fastify's own refusal is not in our shape.
    return503OnClosing: false,
    trustProxy: config.TRUST_PROXY ?? false,
    requestIdHeader: false,
    genReqId: () => newId('req'),
    clientErrorHandler: answerClientError,
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers(DATA_HEADERS);
      allowOrigin?.(request, reply);
      answerUndecodablePath(request, reply);
    },
    rewriteUrl: ({ url = '/' }) => withoutTrailingSlash(url),
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
  });
  const instance = adapter.getInstance<FastifyInstance>();
  followRequests(instance);
  identify(instance);
  if (allowOrigin !== undefined) answerOtherOrigins(instance, allowOrigin);
  refuseUnclear(instance);
  logRequests(instance, logger, tracing);
  letGoOfConnections(instance);
  leaveBodiesUnread(instance);
  answerInTime(instance, config.DATABASE_STATEMENT_TIMEOUT_MS);
  refuseUnknownRoutes(instance);
  addReorderAliases(instance);
  refuseExpectations(instance);
  readBodies(instance, config.BODY_LIMIT_BYTES);
  finishAnswers(instance);
  compressAnswers(instance);
  // An answer without a body, such as a 304, has none of zero bytes either.
  instance.setReplySerializer((answer) => (answer === null ? null : stringifyExact(answer)) as string);
  return adapter;
}

function identify(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, reply, done) => {
    void reply.header('Request-Id', request.id);
    if (!isPage(request.url)) void reply.headers(DATA_HEADERS);
    done();
  });
}

/** Refuses a request that others could understand in another way than we do. */
function refuseUnclear(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, _reply, done) => {
    done(requireOneHost(request) ?? requireUnicode(request));
  });
}

/** What protects data: nobody keeps it, takes it for another coding, guesses its type or shows it inside of a page. */
const DATA_HEADERS = {
  'Cache-Control': 'no-store',
  Vary: 'Accept-Encoding',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

function isPage(url: string): boolean {
  return /^\/(?:docs|app)(?:[/?]|$)/.test(url);
}

/** A path with a slash at its end is the path without it. The documents keep theirs, as their links start from it. */
function withoutTrailingSlash(url: string): string {
  const query = url.indexOf('?');
  const end = query < 0 ? url.length : query;
  return end > 1 && url.charAt(end - 1) === '/' && !url.startsWith('/docs/')
    ? url.slice(0, end - 1) + url.slice(end)
    : url;
}

/** Nest's security headers are for pages; on every answer of the API they would cost more than its pipes. */
class ServiceAdapter extends FastifyAdapter {
  override registerSecurityHook(hook: Parameters<FastifyAdapter['registerSecurityHook']>[0]): void {
    super.registerSecurityHook((request, response) =>
      isPage((request as FastifyRequest).url) ? hook(request, response) : undefined,
    );
  }
}

/** The router refuses such a path before any hook or filter could see it. */
function answerUndecodablePath({ id }: FastifyRequest, reply: FastifyReply): void {
  const fault = { code: 'request_malformed', message: 'The path cannot be decoded.' } as const;
  void reply
    .status(HttpStatus.BAD_REQUEST)
    .header('Request-Id', id)
    .send(errorBody(HttpStatus.BAD_REQUEST, fault, id));
}

/** RFC 9112, section 3.2: exactly one Host, or a proxy before us and we may not mean the same request. */
function requireOneHost({ raw }: FastifyRequest): ApiException | undefined {
  let hosts = 0;
  for (let index = 0; index < raw.rawHeaders.length; index += 2) {
    const name = raw.rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0')) return undefined;
  return new ApiException(HttpStatus.BAD_REQUEST, {
    code: 'request_malformed',
    message: 'The request must have one Host header.',
  });
}

/** Fastify would take what it cannot decode as it stands: another value than the one the client means. */
function requireUnicode({ url }: FastifyRequest): ApiException | undefined {
  if (!url.includes('%')) return undefined;
  try {
    decodeURIComponent(url);
    return undefined;
  } catch {
    return new ApiException(HttpStatus.BAD_REQUEST, {
      code: 'request_malformed',
      message: 'The URL cannot be decoded: % must begin the code of a byte, as in %20, and the bytes must be UTF-8.',
    });
  }
}

/** Node would answer an expectation other than `100-continue` without a body. */
function refuseExpectations(instance: FastifyInstance): void {
  instance.server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const requestId = newId('req');
    const fault = {
      code: 'request_malformed',
      message: 'The service does not support the value of the Expect header.',
    } as const;
    const body = JSON.stringify(errorBody(HttpStatus.EXPECTATION_FAILED, fault, requestId));
    response.writeHead(HttpStatus.EXPECTATION_FAILED, {
      ...DATA_HEADERS,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Request-Id': requestId,
    });
    response.end(body);
  });
}

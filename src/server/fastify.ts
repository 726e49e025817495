import { HttpStatus } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { ApiException } from '../common/errors/api.exception.js';
import { finishAnswers } from '../common/answers/answers.js';
import { errorBody } from '../common/errors/error-body.js';
import { readJson, unsupportedMediaType } from '../common/body/json-body.js';
import { markStrict, prefersStrict } from '../common/body/strict-handling.js';
import { newId } from '../common/ids/id.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { addReorderAliases } from '../common/ordered-children/reorder-aliases.js';
import { followRequests } from '../common/request-end.js';
import type { Config } from '../config/config.js';
import type { Tracing } from '../tracing/tracing.js';
import { answerInTime } from './answer-in-time.js';
import { answerClientError, MAX_HEADER_BYTES } from './client-error.js';
import { letGoOfConnections } from './let-go-of-connections.js';
import { refuseUnknownRoutes } from './method-not-allowed.js';
import { logRequests } from './request-log.js';
import { leaveBodiesUnread } from './unread-bodies.js';

/** Fastify with limits and timeouts set on purpose, and everything of HTTP that is below Nest's routes. */
export function createAdapter(config: Config, logger: Logger, tracing?: Tracing): FastifyAdapter {
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
    frameworkErrors: answerUndecodablePath,
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
  });
  const instance = adapter.getInstance<FastifyInstance>();
  followRequests(instance);
  identify(instance);
  logRequests(instance, logger, tracing);
  letGoOfConnections(instance);
  leaveBodiesUnread(instance);
  answerInTime(instance, config.DATABASE_STATEMENT_TIMEOUT_MS);
  refuseUnknownRoutes(instance);
  addReorderAliases(instance);
  refuseExpectations(instance);
  readBodies(instance);
  finishAnswers(instance);
  // An answer without a body, such as a 304, stays without one.
  instance.setReplySerializer((answer) => (answer === undefined ? '' : stringifyExact(answer)));
  return adapter;
}

function identify(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, reply, done) => {
    void reply.header('Request-Id', request.id);
    if (!isPage(request.url)) void reply.headers(DATA_HEADERS);
    done(requireOneHost(request) ?? requireUnicode(request));
  });
}

/** What protects data: nobody keeps it, guesses its type or shows it inside of a page. */
const DATA_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

function isPage(url: string): boolean {
  return /^\/docs(?:[/?]|$)/.test(url);
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
function answerUndecodablePath(_error: unknown, { id }: FastifyRequest, reply: FastifyReply): void {
  const fault = { code: 'request_malformed', message: 'The path cannot be decoded.' } as const;
  void reply
    .status(HttpStatus.BAD_REQUEST)
    .headers({ ...DATA_HEADERS, 'Request-Id': id })
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
      message: 'The Expect header asks for what this server does not do.',
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

/** Bodies are parsed by a hook: Fastify ends the connection of every client whose body its parsers refuse. */
function readBodies(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    done(null, bytes.length === 0 ? undefined : bytes);
  });
  instance.addContentTypeParser('*', (request, _unread, done) => {
    done(unsupportedMediaType(request.headers['content-type'] ?? ''));
  });
  instance.addHook('preHandler', (request, reply, done) => {
    if (request.body !== undefined) {
      const body = (request.body = readJson(request.body as Buffer));
      if (typeof body === 'object' && body !== null && prefersStrict(request.headers.prefer)) {
        markStrict(body);
        void reply.header('Preference-Applied', 'handling=strict');
      }
    }
    done();
  });
}

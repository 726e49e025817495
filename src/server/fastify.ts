import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { readJson, unsupportedMediaType } from '../common/body/json-body.js';
import { markStrict, prefersStrict } from '../common/body/strict-handling.js';
import { newId } from '../common/ids/id.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { addReorderAliases } from '../common/ordered-children/reorder-aliases.js';
import type { Config } from '../config/config.js';
import { answerClientError } from './client-error.js';
import { refuseUnknownRoutes } from './method-not-allowed.js';

/** Node's default; a request line and headers beyond it are a 431. */
const MAX_HEADER_BYTES = 16_384;

/** Fastify with limits and timeouts set on purpose, and everything of HTTP that is below Nest's routes. */
export function createAdapter(config: Config, logger: Logger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 10_000, maxHeaderSize: MAX_HEADER_BYTES },
    forceCloseConnections: 'idle',
    requestIdHeader: false,
    genReqId: () => newId('req'),
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
  });
  const instance = adapter.getInstance<FastifyInstance>();
  identifyAndLog(instance, logger);
  refuseUnknownRoutes(instance);
  addReorderAliases(instance);
  readBodies(instance);
  instance.setReplySerializer(stringifyExact);
  return adapter;
}

function identifyAndLog(instance: FastifyInstance, logger: Logger): void {
  instance.addHook('onRequest', (request, reply, done) => {
    void reply.header('Request-Id', request.id);
    if (request.url.startsWith('/api/')) void reply.header('Cache-Control', 'no-store');
    done();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    logRequest(logger, request, reply);
    done();
  });
}

/** One line a request: the route's pattern rather than its path, which holds ids, and never a body or a key. */
function logRequest(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const level = reply.statusCode >= 500 ? 'error' : 'info';
  logger[level]({
    request_id: request.id,
    method: request.method,
    route: request.routeOptions.url ?? '(none)',
    status: reply.statusCode,
    duration_ms: Math.round(reply.elapsedTime * 100) / 100,
    msg: 'request',
  });
}

function readBodies(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    done(null, readJson(text as string));
  });
  instance.addContentTypeParser('*', { parseAs: 'string' }, (request, _text, done) => {
    done(null, unsupportedMediaType(request.headers['content-type'] ?? ''));
  });
  instance.addHook('preHandler', (request, reply, done) => {
    if (typeof request.body === 'object' && request.body !== null && prefersStrict(request.headers.prefer)) {
      markStrict(request.body);
      void reply.header('Preference-Applied', 'handling=strict');
    }
    done();
  });
}

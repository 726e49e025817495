import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { elapsedMs, onRequestEnd } from '../common/request-end.js';
import { RequestStats, withStats } from '../common/request-stats.js';
import { readTraceParent } from '../tracing/traceparent.js';
import type { Tracing } from '../tracing/tracing.js';

/**
 * Logs and traces every request. Notes are taken only where they are used: following a request through its promises
 * costs CPU on Node.js before 24.
 */
export function logRequests(instance: FastifyInstance, logger: Logger, tracing: Tracing | undefined): void {
  const logsAll = logger.isLevelEnabled('info');
  instance.decorateRequest('notes', null);
  instance.decorateRequest('span', null);
  if (logsAll || tracing !== undefined)
    // Not before: reading the body loses track of what it belongs to.
    instance.addHook('preHandler', (request, _reply, done) => {
      const notes = new RequestStats();
      request.notes = notes;
      request.span = tracing?.begin(request, notes) ?? null;
      withStats(notes, done);
    });
  onRequestEnd(instance, ({ request, status }) => {
    const failed = status >= 500;
    if (tracing !== undefined) request.span ??= tracing.begin(request, new RequestStats());
    if (failed || logsAll) logger[failed ? 'error' : 'info'](line(request, status));
    request.span?.end(status);
  });
  instance.addHook('onClose', async () => {
    await tracing?.stop();
  });
}

/** The route's pattern rather than its path, which holds ids; the key's id rather than the key; and never a body. */
function line(request: FastifyRequest, status: number): object {
  const { id, method, routeOptions, user, headers, notes, span } = request;
  const traceId = span?.traceId ?? readTraceParent(headers['traceparent'])?.traceId;
  return {
    request_id: id,
    ...(traceId !== undefined && { trace_id: traceId }),
    ...(user !== undefined && { workspace_id: user.workspaceId, key_id: user.keyId }),
    method,
    route: routeOptions.url ?? '(none)',
    status,
    duration_ms: hundredths(elapsedMs(request)),
    ...(notes !== null && { database_ms: hundredths(notes.databaseMs), statements: notes.statements }),
    msg: 'request',
  };
}

function hundredths(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

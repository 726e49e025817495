import type { FastifyInstance, FastifyReply } from 'fastify';
import { errorBody } from '../common/errors/error-body.js';
import { serviceUnavailable } from '../common/errors/sqlstate.js';

const TICK_MS = 50;

/** What a request may take beyond its longest statement. */
const BEYOND_STATEMENT_MS = 300;

/** A client that reads slower than this keeps its answer, and what belongs to it, in memory for nothing. */
const READ_WITHIN_MS = 30_000;

/**
 * Bounds the time of every request: one that waits for the database longer than a statement may take is answered 503,
 * whatever it waits for, be it a connection, a lock, or several statements in turn; and a client that does not take its
 * answer is cut. What the request still does ends by the limits of its statements, and its outcome is not known, which is
 * what a 503 says.
 *
 * The times count in ticks, and both maps keep the order of arrival: a request costs two entries, and a tick looks at
 * the oldest only.
 */
export function answerInTime(instance: FastifyInstance, statementTimeoutMs: number): void {
  const unanswered = new Map<FastifyReply, number>();
  const unread = new Map<FastifyReply, number>();
  const answerTicks = Math.ceil((statementTimeoutMs + BEYOND_STATEMENT_MS) / TICK_MS);
  let now = 0;
  const timer = setInterval(() => {
    now += 1;
    for (const reply of olderThan(unanswered, now - answerTicks)) {
      if (reply.raw.destroyed) continue;
      if (reply.sent) unread.set(reply, now + READ_WITHIN_MS / TICK_MS);
      else answerUnavailable(reply);
    }
    for (const reply of olderThan(unread, now)) reply.raw.destroy();
  }, TICK_MS).unref();
  // The body has arrived: from here on only we make the client wait.
  instance.addHook('preHandler', (_request, reply, done) => {
    unanswered.set(reply, now);
    done();
  });
  instance.addHook('onResponse', (_request, reply, done) => {
    if (!unanswered.delete(reply)) unread.delete(reply);
    done();
  });
  instance.addHook('onClose', (_instance, done) => {
    clearInterval(timer);
    done();
  });
}

/** Takes those from the front whose tick has come. */
function* olderThan(replies: Map<FastifyReply, number>, tick: number): Generator<FastifyReply> {
  for (const [reply, since] of replies) {
    if (since > tick) return;
    replies.delete(reply);
    yield reply;
  }
}

/** What the handler may have said of an answer that it did not get to give. */
const OF_ANOTHER_ANSWER = ['content-encoding', 'content-length', 'etag', 'last-modified', 'location'];

function answerUnavailable(reply: FastifyReply): void {
  const exception = serviceUnavailable();
  const status = exception.getStatus();
  const { id } = reply.request;
  for (const name of OF_ANOTHER_ANSWER) reply.removeHeader(name);
  try {
    void reply
      .status(status)
      .headers({ 'Request-Id': id, 'Cache-Control': 'no-store', ...exception.fault.headers })
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(errorBody(status, exception.fault, id)));
  } catch {
    // Nobody else could catch it here, and it would end the process.
    reply.raw.destroy();
  }
}

import type { FastifyInstance, FastifyReply } from 'fastify';
import { Deadline } from '../common/call/deadline.js';
import { errorBody } from '../common/errors/error-body.js';
import { serviceUnavailable } from '../common/errors/sqlstate.js';
import { onRequestEnd } from '../common/request-end.js';

const TICK_MS = 50;

/** What a request may take beyond its longest statement. */
const BEYOND_STATEMENT_MS = 300;

/** A client that reads slower than this keeps its answer, and what belongs to it, in memory for nothing. */
const READ_WITHIN_MS = 30_000;

/** A request that somebody waits for. Used again for another one when it is over. */
export interface Wait {
  reply: FastifyReply | undefined;
  /** Tick at which it has lasted too long. */
  until: number;
  /** Is it the client who takes too long? */
  isUnread: boolean;
}

/**
 * Bounds the time of every request: one that waits for the database longer than a statement may take is answered 503,
 * whatever it waits for, be it a connection, a lock, or several statements in turn; and a client that does not take its
 * answer is cut. The work of the request ends with it, and with a client that leaves: nothing new is begun for it, and the
 * statement under way is stopped. The outcome of a write is not known then, which is what a 503 says.
 *
 * The times count in ticks. No Map or Set of requests: one that every request enters and leaves throws its table away
 * again and again, and with it go requests that are over into the old generation (decision 4).
 */
export function answerInTime(instance: FastifyInstance, statementTimeoutMs: number): void {
  const waits: Wait[] = [];
  const free: Wait[] = [];
  const answerTicks = Math.ceil((statementTimeoutMs + BEYOND_STATEMENT_MS) / TICK_MS);
  let now = 0;
  const timer = setInterval(() => {
    now += 1;
    for (const wait of waits) {
      const { reply } = wait;
      if (reply === undefined) continue;
      // Node tells an answer that waits for the one before it on its connection nothing of the connection's end.
      if (reply.request.raw.socket.destroyed) {
        reply.raw.emit('close');
        release(reply);
      } else if (!wait.isUnread && isReadingBody(reply)) wait.until = now + answerTicks;
      else if (wait.until <= now) endWait(reply, wait, now);
    }
  }, TICK_MS).unref();
  const release = (reply: FastifyReply): void => {
    const { wait } = reply;
    if (wait?.reply !== reply) return;
    wait.reply = undefined;
    free.push(wait);
  };
  instance.decorateReply('wait', null);
  instance.decorateRequest('deadline', null);
  instance.addHook('preHandler', (request, _reply, done) => {
    request.deadline = new Deadline(performance.now() + statementTimeoutMs);
    done();
  });
  instance.addHook('onRequest', (request, reply, done) => {
    let wait = free.pop();
    if (wait === undefined) waits.push((wait = { reply, until: 0, isUnread: false }));
    wait.reply = reply;
    const extraMs = request.routeOptions.config.extraMs?.(request) ?? 0;
    wait.until = now + answerTicks + Math.ceil(extraMs / TICK_MS);
    wait.isUnread = false;
    reply.wait = wait;
    done();
  });
  onRequestEnd(instance, ({ request, reply, isWhole }) => {
    if (!isWhole) request.deadline?.end();
    release(reply);
  });
  instance.addHook('onClose', (_instance, done) => {
    clearInterval(timer);
    done();
  });
}

/** While the body arrives it is the client who makes us wait, for which the server has limits of its own. */
function isReadingBody({ request: { raw, routeOptions } }: FastifyReply): boolean {
  // A file does not flow while a part of it is being stored.
  return !raw.readableEnded && (raw.readableFlowing === true || routeOptions.config.takesFile === true);
}

/** First it is for us to answer, then for the client to read. */
function endWait(reply: FastifyReply, wait: Wait, now: number): void {
  reply.request.deadline?.end();
  if (wait.isUnread) reply.raw.destroy();
  else if (!reply.sent && !reply.raw.destroyed) answerUnavailable(reply);
  wait.isUnread = true;
  wait.until = now + READ_WITHIN_MS / TICK_MS;
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

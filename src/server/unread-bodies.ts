import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Up to here it is cheaper to read a body that nobody wants than to have the client connect again. */
const SMALL_BODY_BYTES = 16_384;

/** For how long a connection outlives an answer that came before its body. */
const LINGER_MS = 300;

/** How often such answers are sent: a client that connects again for each of them waits, and the others have the time. */
const SENT_EVERY_MS = 200;

/**
 * Answers that come before a large body is read, whatever their reason, end the connection: nobody makes the service read
 * megabytes that it has no use for. A client that asks whether it may send its body is told to when the body is read.
 */
export function leaveBodiesUnread(instance: FastifyInstance): void {
  const { server } = instance;
  server.prependListener('request', closeUnlessRead);
  server.prependListener('checkExpectation', closeUnlessRead);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    server.emit('request', request, response);
  });
  sendTogether(instance);
}

function sendTogether(instance: FastifyInstance): void {
  let waiting: (() => void)[] = [];
  const send = (): void => {
    const due = waiting;
    waiting = [];
    for (const each of due) each();
  };
  instance.addHook('onSend', ({ raw }, _reply, payload, done) => {
    if (raw.readableEnded || !mayHaveMuchToRead(raw)) {
      done(null, payload);
      return;
    }
    waiting.push(() => {
      done(null, payload);
    });
    if (waiting.length === 1) setTimeout(send, SENT_EVERY_MS);
  });
}

function closeUnlessRead(request: IncomingMessage, response: ServerResponse): void {
  if (!mayHaveMuchToRead(request)) return;
  const { shouldKeepAlive } = response;
  response.shouldKeepAlive = false;
  request.once('end', () => {
    response.shouldKeepAlive = shouldKeepAlive;
  });
  // Node would read, and drop, a body that nobody has asked for by the time it is answered.
  request.read(0);
  response.prependOnceListener('finish', () => {
    if (!request.readableEnded) linger(request.socket);
  });
}

/**
 * Lets the client read its answer. Closed at once, with bytes of the body still to come, the connection would be reset,
 * and the answer lost to proxies and clients that are still sending.
 */
function linger(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}

/** A body of unknown length may be of any; one that the client waits to send may never come. */
function mayHaveMuchToRead({ headers }: IncomingMessage): boolean {
  return (
    Number(headers['content-length'] ?? 0) > SMALL_BODY_BYTES ||
    headers['transfer-encoding'] !== undefined ||
    headers.expect !== undefined
  );
}

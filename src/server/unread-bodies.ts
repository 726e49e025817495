import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Up to here it is cheaper to read a body that nobody wants than to have the client connect again. */
const SMALL_BODY_BYTES = 16_384;

/** For how long, and for how many bytes, a connection outlives an answer that came before its body. */
const LINGER_MS = 500;
const LINGER_BYTES = 1_048_576;

/**
 * Answers that come before a large body is read, whatever their reason, end the connection: nobody makes the service read
 * megabytes that it has no use for. A client that asks whether it may send its body is told to when the body is read.
 */
export function leaveBodiesUnread({ server }: FastifyInstance): void {
  server.prependListener('request', closeUnlessRead);
  server.prependListener('checkExpectation', closeUnlessRead);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    server.emit('request', request, response);
  });
}

function closeUnlessRead(request: IncomingMessage, response: ServerResponse): void {
  if (!mayHaveMuchToRead(request)) return;
  const { shouldKeepAlive } = response;
  response.shouldKeepAlive = false;
  request.once('end', () => {
    response.shouldKeepAlive = shouldKeepAlive;
  });
  response.prependOnceListener('finish', () => {
    if (!request.readableEnded) linger(request);
  });
}

/**
 * Lets the client read its answer. Ended at once, with bytes of the body still to come, the connection would be reset, and
 * the answer lost to clients and proxies that read only what they have finished asking for.
 */
function linger(request: IncomingMessage): void {
  const { socket } = request;
  let left = LINGER_BYTES;
  request.on('data', ({ length }: Buffer) => {
    left -= length;
    if (left < 0) socket.destroy();
  });
  // Node would drop the rest of a body that nobody has begun to read, without a word of how much it is.
  request.read(0);
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

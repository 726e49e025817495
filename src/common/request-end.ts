import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';

/** How a request ended. */
export interface RequestEnd {
  request: FastifyRequest;
  reply: FastifyReply;
  /** What it was answered; 499, as nginx has it, where the client left before all of the answer was sent. */
  status: number;
  /** Was all of the answer sent? */
  isWhole: boolean;
}

type Listener = (end: RequestEnd) => void;

const CLIENT_LEFT = 499;

/** What connections were answered below any request: whatever was under way on them has this as its status. */
const refusals = new WeakMap<Socket, number>();

/** Notes what a connection was answered by its parser or time limit. */
export function refuseConnection(socket: Socket, status: number): void {
  refusals.set(socket, status);
}

/**
 * Tells of the end of every request that gets as far as a hook, which Fastify's onResponse does not where the client left.
 * To be called before any other hook is added: one that refuses a request ends those behind it.
 */
export function followRequests(instance: FastifyInstance): void {
  const listeners: Listener[] = [];
  instance.decorate('requestEnds', listeners);
  instance.decorateRequest('since', 0);
  instance.addHook('onRequest', (request, reply, done) => {
    request.since = performance.now();
    const { raw } = reply;
    const { socket } = request.raw;
    raw.once('close', () => {
      // What was still to be sent when the connection ended counts as finished, too.
      const isWhole = raw.writableFinished && !socket.destroyed;
      const end = {
        request,
        reply,
        status: isWhole ? reply.statusCode : (refusals.get(socket) ?? CLIENT_LEFT),
        isWhole,
      };
      for (const listener of listeners) listener(end);
    });
    done();
  });
}

export function onRequestEnd(instance: FastifyInstance, listener: Listener): void {
  instance.requestEnds.push(listener);
}

/** Time since the headers of a request arrived. */
export function elapsedMs(request: FastifyRequest): number {
  return performance.now() - request.since;
}

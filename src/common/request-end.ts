import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** How a request ended. */
export interface RequestEnd {
  request: FastifyRequest;
  reply: FastifyReply;
  /** What it was answered; 499, as nginx has it, where the connection ended before all of the answer was sent. */
  status: number;
}

type Listener = (end: RequestEnd) => void;
type FollowedInstance = FastifyInstance & { requestEnds: Listener[] };
type FollowedRequest = FastifyRequest & { since: number };

const CLIENT_LEFT = 499;

/**
 * Tells of the end of every request that gets as far as a hook, which Fastify's onResponse does not where the client left.
 * To be called before any other hook is added: one that refuses a request ends those behind it.
 */
export function followRequests(instance: FastifyInstance): void {
  const listeners: Listener[] = [];
  instance.decorate('requestEnds', listeners);
  instance.decorateRequest('since', 0);
  instance.addHook('onRequest', (request, reply, done) => {
    (request as FollowedRequest).since = performance.now();
    const { raw } = reply;
    const { socket } = request.raw;
    raw.once('close', () => {
      // What was still to be sent when the connection ended counts as finished, too.
      const isWhole = raw.writableFinished && !socket.destroyed;
      const end = { request, reply, status: isWhole ? reply.statusCode : CLIENT_LEFT };
      for (const listener of listeners) listener(end);
    });
    done();
  });
}

export function onRequestEnd(instance: FastifyInstance, listener: Listener): void {
  (instance as FollowedInstance).requestEnds.push(listener);
}

/** Time since the headers of a request arrived. */
export function elapsedMs(request: FastifyRequest): number {
  return performance.now() - (request as FollowedRequest).since;
}

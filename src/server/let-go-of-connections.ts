import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What the HTTP server emits when the service is going to stop, and from when on every answer closes its connection. */
export const STOPPING = 'stopping';

/**
 * When the service stops, connections without a request end at once and the others with the answer under way on them.
 * Node waits for both: a kept-alive connection, or one that a browser opened ahead, would hold up the end for a minute.
 */
export function letGoOfConnections(instance: FastifyInstance): void {
  const { server } = instance;
  const idle = new Set<Socket>();
  const answering = new Set<ServerResponse>();
  let stopping = false;
  server.on('connection', (socket) => {
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
  });
  server.prependListener('request', ({ socket }, response) => {
    idle.delete(socket);
    answering.add(response);
    if (stopping) announceClose(response);
    response.once('close', () => {
      answering.delete(response);
      if (stopping) socket.end();
      else if (!socket.destroyed) idle.add(socket);
    });
  });
  server.once(STOPPING, () => {
    stopping = true;
    answering.forEach(announceClose);
  });
  instance.addHook('preClose', (done) => {
    server.emit(STOPPING);
    for (const socket of idle) socket.destroy();
    done();
  });
}

/** So that the client opens another connection, elsewhere, instead of sending its next request on this one. */
function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

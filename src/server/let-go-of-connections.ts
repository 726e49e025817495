import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';

/**
 * When the service stops, connections without a request end at once and the others with the answer under way on them.
 * Node waits for both: a kept-alive connection, or one that a browser opened ahead, would hold up the end for a minute.
 */
export function letGoOfConnections(instance: FastifyInstance): void {
  const idle = new Set<Socket>();
  let closing = false;
  instance.server.on('connection', (socket) => {
    idle.add(socket);
    socket.once('close', () => idle.delete(socket));
  });
  instance.server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    response.once('close', () => {
      if (closing) socket.end();
      else if (!socket.destroyed) idle.add(socket);
    });
  });
  instance.addHook('preClose', (done) => {
    closing = true;
    for (const socket of idle) socket.destroy();
    done();
  });
}

import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What the HTTP server emits when the service is going to stop, and from when on every answer closes its connection. */
export const STOPPING = 'stopping';

/** A connection, and the last of the answers under way on it. */
interface Connection {
  answer: ServerResponse | undefined;
}

/**
 * When the service stops, connections without a request end at once and the others with the answer under way on them.
 * Node waits for both: a kept-alive connection, or one that a browser opened ahead, would hold up the end for a minute.
 */
export function letGoOfConnections(instance: FastifyInstance): void {
  const { server } = instance;
  // By connection: a Set of requests would keep them alive longer than they last (decision 4).
  const connections = new Map<Socket, Connection>();
  let stopping = false;
  server.on('connection', (socket) => {
    connections.set(socket, { answer: undefined });
    socket.once('close', () => connections.delete(socket));
  });
  server.prependListener('request', ({ socket }, response) => {
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.answer = response;
    if (stopping) announceClose(response);
    response.once('close', () => {
      if (connection.answer !== response) return;
      connection.answer = undefined;
      if (stopping) socket.end();
    });
  });
  server.once(STOPPING, () => {
    stopping = true;
    for (const { answer } of connections.values()) if (answer) announceClose(answer);
  });
  instance.addHook('preClose', (done) => {
    server.emit(STOPPING);
    for (const [socket, { answer }] of connections) if (answer === undefined) socket.destroy();
    done();
  });
}

/** So that the client opens another connection, elsewhere, instead of sending its next request on this one. */
function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { allowSlowFile, answerClientError } from './client-error.js';

it('ends a request that does not arrive in time, but not one that brings a file', async () => {
  const limits = { requestTimeout: 100, headersTimeout: 100, connectionsCheckingInterval: 20 };
  const server = createServer(limits, (incoming, response) => {
    if (incoming.url === '/file') allowSlowFile(incoming);
    text(incoming).then(
      (body) => response.end(body),
      () => response.destroy(),
    );
  });
  server.on('clientError', answerClientError);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const begin = (path: string): { send: (text: string) => void; response: Promise<[IncomingMessage]> } => {
    const sent = request({ host: '127.0.0.1', port, path, method: 'PUT' });
    sent.write('first ');
    return { send: (rest) => sent.end(rest), response: once(sent, 'response') as Promise<[IncomingMessage]> };
  };
  const file = begin('/file');
  await once(server, 'request');
  // It began later, so the file has been longer on its way than the limit when this one is refused.
  const [refused] = await begin('/other').response;
  expect(refused.statusCode).toBe(408);
  file.send('second');
  const [whole] = await file.response;
  expect([whole.statusCode, await text(whole)]).toEqual([200, 'first second']);
  server.close();
});

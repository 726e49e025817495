import { fastify, type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { followRequests, onRequestEnd } from '../common/request-end.js';
import { answerInTime } from './answer-in-time.js';
import { until } from '../../test/support/until.js';

let instance: FastifyInstance;
let finish: () => void;
let port: number;

beforeEach(async () => {
  instance = fastify();
  followRequests(instance);
  answerInTime(instance, 0);
  const finished = new Promise<void>((resolve) => (finish = resolve));
  instance.get('/late', async (_request, reply) => {
    void reply.type('text/javascript').header('content-length', '1000').header('etag', '"1"');
    await finished;
    return reply.send('late');
  });
  instance.get('/prompt', () => 'prompt');
  instance.post('/body', () => 'read');
  instance.addHook('onRequest', async ({ url }) => {
    if (url === '/hooked') await finished;
  });
  instance.get('/hooked', () => 'late');
  await instance.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = instance.server.address() as AddressInfo);
});
afterEach(() => instance.close());

it('answers 503 for a handler that does not, whatever that had begun to say, and lets it come to its end', async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/late`);
  expect(answer.status).toBe(503);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'retry-after': '1',
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
  });
  expect(answer.headers.has('etag')).toBe(false);
  expect(await answer.json()).toMatchObject({ error: { code: 'service_unavailable', type: 'api_error' } });
  finish();
  expect(await (await fetch(`http://127.0.0.1:${port}/prompt`)).text()).toBe('prompt');
});

it('answers 503 for a hook that does not let a request go on', async () => {
  expect((await fetch(`http://127.0.0.1:${port}/hooked`)).status).toBe(503);
  finish();
});

it('gives a client time to send its body', async () => {
  const request = httpRequest({ port, method: 'POST', path: '/body', headers: { 'content-type': 'text/plain' } });
  request.write('first ');
  // Each of them is answered when the time is over.
  for (let count = 0; count < 2; count++) expect((await fetch(`http://127.0.0.1:${port}/late`)).status).toBe(503);
  request.end('last');
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
  finish();
});

it('does not mind a client that has gone', async () => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /late HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.destroy();
  expect((await fetch(`http://127.0.0.1:${port}/late`)).status).toBe(503);
  finish();
});

describe('of a request whose client has gone, its end is told and nothing is kept', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  it.each([
    ['one', 1],
    ['several on one connection', 3],
  ])('%s', async (_what, count) => {
    const requests: WeakRef<IncomingMessage>[] = [];
    const ends: number[] = [];
    onRequestEnd(instance, ({ status }) => ends.push(status));
    instance.server.on('request', (request) => requests.push(new WeakRef(request)));
    const isLeft = ({ socket }: IncomingMessage): boolean => socket.destroyed;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /late HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count));
    await until(() => requests.length >= count);
    socket.destroy();
    await until(() => requests.every((request) => isLeft(request.deref() as IncomingMessage)));
    finish();
    await until(() => ends.length >= count);
    expect(ends).toEqual(Array.from({ length: count }, () => 499));
    // Ends by the time limit of the test if something is kept.
    while (requests.some((request) => request.deref() !== undefined)) {
      await wait(20);
      collectGarbage();
    }
  });
});

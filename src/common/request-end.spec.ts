import { fastify, type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { elapsedMs, followRequests, onRequestEnd } from './request-end.js';
import { until } from '../../test/support/until.js';

let instance: FastifyInstance;
let port: number;
let ends: [path: string, status: number][];
let finish: () => void;
let handled: number;

beforeEach(async () => {
  instance = fastify();
  [ends, handled] = [[], 0];
  followRequests(instance);
  onRequestEnd(instance, ({ request, status }) => {
    expect(elapsedMs(request)).toBeGreaterThan(0);
    ends.push([request.url, status]);
  });
  instance.addHook('onRequest', (request, _reply, done) => {
    done(request.url === '/refused' ? Object.assign(new Error('refused'), { statusCode: 418 }) : undefined);
  });
  const finished = new Promise<void>((resolve) => (finish = resolve));
  instance.get('/prompt', () => 'prompt');
  instance.get('/late', async () => {
    handled += 1;
    await finished;
    return 'late';
  });
  instance.get('/large', () => 'x'.repeat(30_000_000));
  await instance.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = instance.server.address() as AddressInfo);
});
afterEach(async () => {
  finish();
  await instance.close();
});

const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

async function send(text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** What was told when all connections have ended: nothing is told after that. */
async function ended(count: number): Promise<typeof ends> {
  await until(() => ends.length >= count);
  finish();
  await instance.close();
  return ends;
}

it('is told once with the status of the answer, also of what a hook refused or no route knows', async () => {
  for (const path of ['/prompt', '/refused', '/none', '/large'])
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  expect(await ended(4)).toEqual([
    ['/prompt', 200],
    ['/refused', 418],
    ['/none', 404],
    ['/large', 200],
  ]);
});

it.each([
  request('/prompt', 'Connection: close\r\n'),
  'GET /prompt HTTP/1.0\r\n\r\n',
  request('/prompt', 'Expect: 100-continue\r\n'),
])('is told with the status of the answer to %j', async (text) => {
  const socket = await send(text);
  await once(socket, 'data');
  socket.end();
  expect(await ended(1)).toEqual([['/prompt', 200]]);
});

it('is told as 499 where the client leaves before it is answered', async () => {
  const socket = await send(request('/late'));
  await until(() => handled >= 1);
  socket.destroy();
  expect(await ended(1)).toEqual([['/late', 499]]);
});

it('is told as 499 where the client leaves in the middle of the answer', async () => {
  const socket = await send(request('/large'));
  await once(socket, 'data');
  socket.destroy();
  expect(await ended(1)).toEqual([['/large', 499]]);
});

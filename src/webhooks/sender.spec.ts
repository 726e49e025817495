import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SELF_SIGNED } from '../../test/support/self-signed.js';
import { Sender, type Outcome } from './sender.js';
import type { Targets } from './target.js';

let allowsAll: (addresses: readonly string[]) => Promise<boolean>;
let sender: Sender;
let servers: Server[];
beforeEach(() => {
  allowsAll = () => Promise.resolve(true);
  sender = new Sender({ allowsAll: (addresses: string[]) => allowsAll(addresses) } as unknown as Targets);
  servers = [];
});
afterEach(() => {
  vi.useRealTimers();
  sender.close();
  for (const server of servers) server.close();
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function outcomeOf(listener: RequestListener): Promise<Outcome> {
  return sender.post(`http://127.0.0.1:${await portOf(createHttpServer(listener))}/`, {}, '{}');
}

/** Of a receiver that speaks something else than HTTP, or stops doing so. */
async function outcomeAt(listener: (socket: Socket) => void): Promise<Outcome> {
  const server = createTcpServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', () => {
        listener(socket);
      });
  });
  return sender.post(`http://127.0.0.1:${await portOf(server)}/`, {}, '{}');
}

const FAILED = { status_code: null, response_body: null };

it('takes the status for the outcome, whatever becomes of the body', async () => {
  expect(await outcomeOf((_request, response) => response.writeHead(200).end('ok'))).toMatchObject({
    ...{ status_code: 200, error: null, response_body: 'ok' },
  });
  const cut: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('part', () => response.destroy());
  };
  expect(await outcomeOf(cut)).toMatchObject({ status_code: 200, error: null, response_body: 'part' });
});

it('fails for a receiver that hangs up, speaks no HTTP or switches to another protocol', async () => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
  expect(await outcomeAt((socket) => socket.destroy())).toMatchObject({ ...FAILED, error: 'connect' });
  expect(await outcomeAt((socket) => socket.end('hello\r\n'))).toMatchObject({ ...FAILED, error: 'connect' });
  expect(await outcomeAt((socket) => socket.write(switching))).toMatchObject({ ...FAILED, error: 'connect' });
});

it('fails for a header that Node.js refuses after the request has begun, whose connection then ends nothing else', async () => {
  const port = await portOf(createTcpServer((socket) => socket.on('error', () => undefined).destroy()));
  const url = `http://127.0.0.1:${port}/`;
  const unhandled: unknown[] = [];
  const note = (error: unknown): unknown => unhandled.push(error);
  process.on('uncaughtException', note);
  expect(await sender.post(url, { Trailer: 'x' }, '{}')).toMatchObject({ ...FAILED, error: 'connect' });
  // A later connection has broken, so the first one has, too.
  expect(await sender.post(url, {}, '{}')).toMatchObject({ ...FAILED, error: 'connect' });
  process.off('uncaughtException', note);
  expect(unhandled).toEqual([]);
});

it('shows a byte order mark of the body, and what is no text as a replacement', async () => {
  const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff, 0x00]);
  const outcome = await outcomeOf((_request, response) => response.end(bytes));
  expect(outcome.response_body).toBe('\ufeffa\ufffd\ufffd');
});

it('fails for a certificate that no authority vouches for', async () => {
  const server = createHttpsServer(SELF_SIGNED, (_request, response) => response.end());
  const outcome = await sender.post(`https://localhost:${await portOf(server)}/`, {}, '{}');
  expect(outcome).toMatchObject({ ...FAILED, error: 'tls' });
});

it('waits 15 seconds for the headers', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const arrived: (() => void)[] = [];
  const asked = new Promise<void>((resolve) => arrived.push(resolve));
  const sent = outcomeOf(() => arrived[0]?.());
  await asked;
  vi.advanceTimersByTime(14_900);
  expect(await Promise.race([sent, new Promise((resolve) => setImmediate(resolve, 'none'))])).toBe('none');
  vi.advanceTimersByTime(200);
  expect(await sent).toMatchObject({ ...FAILED, error: 'timeout' });
});

it('checks the addresses of a name again at each connection, and never connects to another one', async () => {
  const port = await portOf(createHttpServer((_request, response) => response.writeHead(204).end()));
  const url = `http://localhost:${port}/`;
  const checked: string[] = [];
  allowsAll = (addresses) => Promise.resolve(checked.push(...addresses) > 0);
  expect(await sender.post(url, {}, '{}')).toMatchObject({ status_code: 204, error: null });
  expect(checked).toContain('127.0.0.1');
  sender.close();
  allowsAll = () => Promise.resolve(false);
  expect(await sender.post(url, {}, '{}')).toMatchObject({ ...FAILED, error: 'blocked_address' });
  allowsAll = () => Promise.reject(new Error('no interfaces'));
  expect(await sender.post(url, {}, '{}')).toMatchObject({ ...FAILED, error: 'blocked_address' });
});

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createOpportunity, minimal } from './support/fixtures.js';
import { exchange, parseAnswer } from './support/raw-http.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const body = JSON.stringify(minimal);
const size = body.length.toString(16);
const CHUNKED = 'Transfer-Encoding: chunked';
const LENGTH = `Content-Length: ${body.length}`;
const chunks = `${size}\r\n${body}\r\n0\r\n\r\n`;

function post(headers: string[], payload: string): string {
  const auth = `Authorization: Bearer ${service.api.key}`;
  const lines = ['POST /api/crm/opportunity HTTP/1.1', 'Host: x', auth, 'Content-Type: application/json', ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${payload}`;
}

/** What an attacker hides behind a request, for a server that sees its end elsewhere than the proxy before it. */
function hidden(id: string): string {
  const auth = `Authorization: Bearer ${service.api.key}`;
  return `DELETE /api/crm/opportunity/${id} HTTP/1.1\r\nHost: x\r\n${auth}\r\nConnection: close\r\n\r\n`;
}

describe('a request whose end can be seen in two places', () => {
  it.each<[string, string[], string]>([
    ['length before chunks', [LENGTH, CHUNKED], chunks],
    ['chunks before length', [CHUNKED, 'Content-Length: 4'], chunks],
    ['two lengths', ['Content-Length: 0', LENGTH], body],
    ['the same length twice', [LENGTH, LENGTH], body],
    ['a list of lengths', [`Content-Length: ${body.length}, ${body.length}`], body],
    ['a signed length', [`Content-Length: +${body.length}`], body],
    ['a hexadecimal length', [`Content-Length: 0x${size}`], body],
    ['an empty length', ['Content-Length:'], body],
    ['a length in two parts', ['Content-Length: 1 0'], body],
    ['a length folded onto the next line', ['Content-Length:', ` ${body.length}`], body],
    ['a coding that only resembles chunked', ['Transfer-Encoding: xchunked'], chunks],
    ['chunked, but not last', ['Transfer-Encoding: chunked, identity'], chunks],
    ['chunked twice over', [CHUNKED, 'Transfer-Encoding: identity'], chunks],
    ['a space before the colon', ['Transfer-Encoding : chunked'], chunks],
    ['a folded coding', ['Transfer-Encoding:', ' chunked'], chunks],
    ['a header after a bare line feed', [`X: a\n${CHUNKED}`], chunks],
    ['a header after a bare carriage return', [`X: a\r${CHUNKED}`], chunks],
    ['a chunk size with a sign', [CHUNKED], `+${size}\r\n${body}\r\n0\r\n\r\n`],
    ['a chunk size with a prefix', [CHUNKED], `0x${size}\r\n${body}\r\n0\r\n\r\n`],
    ['a chunk size past 64 bits', [CHUNKED], `fffffffffffffffff\r\n${body}\r\n0\r\n\r\n`],
    ['a chunk size before a bare line feed', [CHUNKED], `${size}\n${body}\r\n0\r\n\r\n`],
    ['a line feed in the extension of a chunk', [CHUNKED], `${size};a\nb\r\n${body}\r\n0\r\n\r\n`],
    ['a carriage return in the extension of a chunk', [CHUNKED], `${size};a\rb\r\n${body}\r\n0\r\n\r\n`],
    ['an endless extension of a chunk', [CHUNKED], `${size};${'x'.repeat(40_000)}\r\n${body}\r\n0\r\n\r\n`],
    ['a chunk that ends late', [CHUNKED], `${size}\r\n${body}x\r\n0\r\n\r\n`],
    ['a last chunk before a bare line feed', [CHUNKED], `${size}\r\n${body}\r\n0\n\n`],
    ['endless trailers', [CHUNKED], `${size}\r\n${body}\r\n0\r\n${'X: y\r\n'.repeat(10_000)}\r\n`],
  ])('is refused, with what hides behind it: %s', async (_what, headers, payload) => {
    const { id } = await createOpportunity(service.api);
    const received = await exchange(service.origin, post(headers, payload) + hidden(id));
    const answers = received.split(/(?=HTTP\/1\.1 \d{3} )/).filter((text) => text !== '');
    expect(answers.length).toBeLessThanOrEqual(1);
    for (const answer of answers.map(parseAnswer)) {
      expect([400, 413, 431]).toContain(answer.status);
      expect(answer.headers.connection).toBe('close');
      expect(JSON.parse(answer.body)).toMatchObject({ error: { request_id: answer.headers['request-id'] } });
    }
    expect((await service.api.get(`/opportunity/${id}`)).status).toBe(200);
  });

  it('is served when it can be seen in one place only, and so is the request behind it', async () => {
    const { id } = await createOpportunity(service.api);
    const received = await exchange(
      service.origin,
      post([CHUNKED], `${size};name=value\r\n${body}\r\n0\r\n\r\n`) + hidden(id),
    );
    expect(received.match(/HTTP\/1\.1 \d{3} /g)).toEqual(['HTTP/1.1 201 ', 'HTTP/1.1 200 ']);
  });
});

/** Opens a connection that sends something and then lets the service wait. */
async function dawdle(bytes: string): Promise<Socket> {
  const socket = connect(Number(new URL(service.origin).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

it('a client that takes its time with the headers is told so and cut, and keeps nobody else waiting', async () => {
  const server = service.app.getHttpServer();
  expect(server.headersTimeout).toBe(10_000);
  // The same, but sooner.
  server.headersTimeout = 1500;
  const slow = await Promise.all(
    Array.from({ length: 200 }, () => dawdle('GET /api/crm/opportunity HTTP/1.1\r\nHost:')),
  );
  // A byte now and then does not buy more time.
  const drip = setInterval(() => {
    slow.forEach((socket) => socket.write('x'));
  }, 500);
  const cut = slow.map(async (socket) => {
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    await once(socket, 'close');
    return received;
  });
  expect((await service.api.get('/opportunity')).status).toBe(200);
  const answers = (await Promise.all(cut)).filter((received) => received !== '').map(parseAnswer);
  clearInterval(drip);
  expect(answers.length).toBeGreaterThan(0);
  for (const answer of answers) {
    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'request_timeout' } });
  }
});

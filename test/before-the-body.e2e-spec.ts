import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { minimal } from './support/fixtures.js';
import { parseAnswer, type RawAnswer } from './support/raw-http.js';
import { startService, type Service } from './support/service.js';

/* What can be said of a request from its headers is said before its body is read, and nobody has to send that body. */

const OPPORTUNITY = '/api/crm/opportunity';
const LARGE = 'Content-Length: 1000000';
const CHUNKED = 'Transfer-Encoding: chunked';
const JSON_TYPE = 'Content-Type: application/json';
const EXPECT = 'Expect: 100-continue';

let service: Service;
let reader: string;
const sockets: Socket[] = [];
beforeAll(async () => {
  service = await startService();
  reader = `Authorization: Bearer ${(await service.clientWith({ scopes: ['read'] })).key ?? ''}`;
});
afterAll(() => service.stop());
afterEach(() => {
  sockets.splice(0).forEach((socket) => socket.destroy());
});

const writer = (): string => `Authorization: Bearer ${service.api.key ?? ''}`;
const head = (line: string, headers: string[]): string =>
  `${[`${line} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;

/** A connection on which bytes are sent as they are, and answers read one by one. */
class Conversation {
  private received = '';

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.received += text));
    socket.on('error', () => undefined);
    sockets.push(socket);
  }

  static async open(bytes: string): Promise<Conversation> {
    const socket = connect(Number(new URL(service.origin).port), '127.0.0.1');
    await once(socket, 'connect');
    const conversation = new Conversation(socket);
    socket.write(bytes, 'latin1');
    return conversation;
  }

  /** The next answer, its body included. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const end = this.received.indexOf('\r\n\r\n') + 4;
      const length = Number(/content-length: (\d+)/i.exec(this.received.slice(0, end))?.[1] ?? 0);
      if (end >= 4 && this.received.length >= end + length) {
        const answer = parseAnswer(this.received.slice(0, end + length));
        this.received = this.received.slice(end + length);
        return answer;
      }
      await once(this.socket, 'data');
    }
  }

  /** Resolves when the service has said that nothing more will come. */
  async ended(): Promise<void> {
    if (!this.socket.readableEnded) await once(this.socket, 'end');
  }
}

/** What a request is answered of which the body is never sent, and that the connection is ended. */
async function refusalOf(line: string, headers: string[]): Promise<RawAnswer> {
  const conversation = await Conversation.open(head(line, headers));
  const answer = await conversation.answer();
  expect(answer.headers.connection).toBe('close');
  expect(JSON.parse(answer.body)).toMatchObject({ error: { request_id: answer.headers['request-id'] } });
  await conversation.ended();
  return answer;
}

describe.each([
  ['of known length', [LARGE]],
  ['in chunks', [CHUNKED]],
  ['that the client asks leave to send', [LARGE, EXPECT]],
  ['of few bytes that the client asks leave to send', ['Content-Length: 2', EXPECT]],
])('before a body %s', (_what, framing) => {
  it.each<[string, number, string, () => string[]]>([
    ['no key', 401, `POST ${OPPORTUNITY}`, () => []],
    ['a made-up key', 401, `POST ${OPPORTUNITY}`, () => [`Authorization: Bearer ${generateKey('test')}`]],
    ['no key, and another media type', 401, `PATCH ${OPPORTUNITY}/x`, () => ['Content-Type: text/plain']],
    ['no key, on a route without a body', 401, `DELETE ${OPPORTUNITY}/x`, () => []],
    ['a key that may only read', 403, `POST ${OPPORTUNITY}`, () => [reader]],
    ['another media type', 415, `POST ${OPPORTUNITY}`, () => [writer(), 'Content-Type: text/plain']],
    ['a path that is not there', 404, 'POST /api/crm/nope', () => []],
    ['a method that the path does not take', 405, `PUT ${OPPORTUNITY}`, () => []],
    ['a path that cannot be decoded', 400, `PATCH ${OPPORTUNITY}/%zz`, () => []],
    ['a second host', 400, `POST ${OPPORTUNITY}`, () => ['Host: y']],
  ])('%s is answered %i and ends the connection', async (_why, status, line, headers) => {
    expect((await refusalOf(line, [...headers(), JSON_TYPE, ...framing])).status).toBe(status);
  });
});

it('the limits of a key and of an address come before the body', async () => {
  const limited = await startService({
    AUTH_FAILURES_PER_MINUTE: '1',
    RATE_LIMIT_REQUESTS: '1',
    RATE_LIMIT_WINDOW_S: '3600',
  });
  const before = service;
  service = limited;
  try {
    const wrong = `Authorization: Bearer ${generateKey('test')}`;
    const statuses: number[] = [];
    for (const key of [wrong, wrong, writer(), writer()])
      statuses.push((await refusalOf(`POST ${OPPORTUNITY}`, [key, 'Content-Type: text/plain', LARGE])).status);
    expect(statuses).toEqual([401, 429, 415, 429]);
  } finally {
    service = before;
    await limited.stop();
  }
});

it('an expectation that cannot be met ends the connection', async () => {
  expect((await refusalOf(`POST ${OPPORTUNITY}`, [LARGE, 'Expect: a-miracle'])).status).toBe(417);
});

it('an answer that needs no body ends the connection, rather than reading one that is large', async () => {
  const conversation = await Conversation.open(head('GET /health/live', [LARGE]));
  expect(await conversation.answer()).toMatchObject({ status: 200, headers: { connection: 'close' } });
  await conversation.ended();
});

it('a client that connects again after every such answer is slowed down, and others are not', async () => {
  let refused = 0;
  let isRead = false;
  const refuse = async (): Promise<void> => {
    for (; !isRead; refused++) await refusalOf(`POST ${OPPORTUNITY}`, [LARGE]);
  };
  const read = async (): Promise<void> => {
    const conversation = await Conversation.open('');
    for (let answers = 0; answers < 400; answers++) {
      conversation.socket.write(head(`POST ${OPPORTUNITY}`, ['Content-Length: 0']));
      expect((await conversation.answer()).status).toBe(401);
    }
    isRead = true;
  };
  await Promise.all([refuse(), read()]);
  expect(refused).toBeLessThan(100);
});

it('the client that goes on sending gets its answer all the same', async () => {
  const body = 'x'.repeat(2 ** 20);
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const conversation = await Conversation.open(
        head(`POST ${OPPORTUNITY}`, [`Content-Length: ${body.length}`]) + body,
      );
      return (await conversation.answer()).status;
    }),
  );
  expect(new Set(answers)).toEqual(new Set([401]));
});

describe('a connection', () => {
  const small = '{"title":';
  const smallHead = (headers: string[]): string =>
    head(`POST ${OPPORTUNITY}`, [JSON_TYPE, `Content-Length: ${small.length}`, ...headers]);

  it('goes on after a refusal with a small body or none, also for requests that are already sent', async () => {
    const none = head(`GET ${OPPORTUNITY}`, []);
    const conversation = await Conversation.open(smallHead([]) + small + none + smallHead([writer()]) + small);
    const statuses: number[] = [];
    for (let count = 0; count < 3; count++) {
      const { status, headers } = await conversation.answer();
      expect(headers.connection).not.toBe('close');
      statuses.push(status);
    }
    expect(statuses).toEqual([401, 401, 400]);
  });

  it('goes on after a large body that was read', async () => {
    const body = JSON.stringify({ ...minimal, nope: 'x'.repeat(100_000) });
    const request = head(`POST ${OPPORTUNITY}`, [writer(), JSON_TYPE, `Content-Length: ${body.length}`]) + body;
    const conversation = await Conversation.open(request + request);
    for (let count = 0; count < 2; count++)
      expect(await conversation.answer()).toMatchObject({ status: 400, headers: { connection: 'keep-alive' } });
  });

  it('ends with a refusal before a large body; what comes behind is not looked at', async () => {
    const body = ' '.repeat(100_000);
    const refused = head(`POST ${OPPORTUNITY}`, [`Content-Length: ${body.length}`]) + body;
    const conversation = await Conversation.open(refused + head('GET /health/live', []));
    expect((await conversation.answer()).status).toBe(401);
    let more = '';
    conversation.socket.on('data', (text: string) => (more += text));
    await conversation.ended();
    expect(more).toBe('');
  });
});

it('a client that asks leave to send its body is told to go on once it may, and served', async () => {
  const body = JSON.stringify(minimal);
  const conversation = await Conversation.open(
    head(`POST ${OPPORTUNITY}`, [writer(), JSON_TYPE, `Content-Length: ${body.length}`, EXPECT]),
  );
  expect((await conversation.answer()).status).toBe(100);
  conversation.socket.write(body);
  expect((await conversation.answer()).status).toBe(201);
});

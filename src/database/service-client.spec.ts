import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { cloneDatabase, type TestDatabase } from '../../test/support/database.js';
import { asAnswer } from '../common/table/answer-limit.js';
import { ServiceClient } from './service-client.js';

/* A statement is stopped on a connection of its own, which may fail although the statement's goes on. */

async function closedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

it('ends the connection of a statement that it cannot ask the server to stop, and nothing else', async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', hear);
  try {
    const port = await closedPort();
    const client = new ServiceClient({
      host: '127.0.0.1',
      port,
      statementTimeoutMillis: 1000,
      silenceTimeoutMillis: 1000,
      mostAnswerBytes: 1000,
      prepareStatements: false,
    });
    (client.query('select 1') as Promise<unknown>).catch(() => undefined);
    const { stream } = client.connection;
    client.stop();
    await once(stream, 'close');
    await new Promise((resolve) => setImmediate(resolve));
    expect(unheard).toEqual([]);
  } finally {
    process.off('unhandledRejection', hear);
  }
});

describe('on a server', () => {
  let database: TestDatabase;
  let client: ServiceClient;

  beforeAll(async () => {
    database = await cloneDatabase();
  });
  afterAll(() => database.drop());

  const connected = async (mostAnswerBytes: number, silenceTimeoutMillis = 10_000): Promise<ServiceClient> => {
    const client = new ServiceClient({
      connectionString: database.url,
      ...{
        statementTimeoutMillis: 1000,
        silenceTimeoutMillis,
        mostAnswerBytes,
        prepareStatements: true,
        pipeline: true,
      },
    });
    await client.connect();
    return client;
  };

  beforeEach(async () => {
    client = await connected(65_536);
  });
  afterEach(() => client.end());

  const answer = (rows: number): Promise<unknown> =>
    client.query(asAnswer(`select repeat('x', 1000) from generate_series(1, ${rows})`)) as Promise<unknown>;

  it('sends the statements of a turn in one write', async () => {
    const writes = vi.spyOn(client.connection.stream as Socket & Required<Pick<Socket, '_writev'>>, '_writev');
    const sums = [1, 2, 3].map((n) => client.query('select $1::int as n', [n]) as Promise<{ rows: unknown[] }>);
    expect((await Promise.all(sums)).map(({ rows }) => rows[0])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(writes).toHaveBeenCalledTimes(1);
  });

  it('keeps a connection whose next statement is sent in the moment in which the time for an answer would be over', async () => {
    const idle = await connected(65_536, 500);
    await (idle.query('select 1') as Promise<unknown>);
    // Behind the timer of the connection, in the same turn.
    const next = new Promise<{ rows: unknown[] }>((resolve, reject) => {
      setTimeout(() => {
        (idle.query('select 1 as one') as Promise<{ rows: unknown[] }>).then(resolve, reject);
      }, 500);
    });
    expect((await next).rows).toEqual([{ one: 1 }]);
    await idle.end();
  });

  it('leaves the connection of an answer that is too large to the next statement once the server has stopped it', async () => {
    await expect(answer(1_000_000)).rejects.toThrow('larger than 65536 bytes');
    const { rows } = (await client.query('select 1 as one')) as { rows: unknown[] };
    expect([rows, client.isStopped]).toEqual([[{ one: 1 }], false]);
  });

  it('does the same with an answer that takes longer than its share of the time of a statement', async () => {
    await expect(client.query(asAnswer('select pg_sleep(5)', 10))).rejects.toMatchObject({ code: '57014' });
    const { rows } = (await client.query('select 1 as one')) as { rows: unknown[] };
    expect([rows, client.isStopped]).toEqual([[{ one: 1 }], false]);
  });

  it('takes an answer that came in time while the process was busy for longer', async () => {
    const asked = client.query(asAnswer('select 1 as one', 10)) as Promise<{ rows: unknown[] }>;
    await new Promise((resolve) => {
      process.nextTick(resolve);
    });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    expect((await asked).rows).toEqual([{ one: 1 }]);
  });

  it('reads a large answer in small parts, between which other connections have their turn', async () => {
    const reader = await connected(64 * 1024 * 1024);
    const stream = reader.connection.stream as Socket;
    const parts: number[] = [];
    let before = stream.bytesRead;
    const note = (): void => {
      // Most turns read nothing, and there are any number of those.
      if (stream.bytesRead > before) parts.push(stream.bytesRead - before);
      before = stream.bytesRead;
      turn = setImmediate(note);
    };
    let turn = setImmediate(note);
    await reader.query(asAnswer(`select repeat('x', 1000) from generate_series(1, 30000)`));
    clearImmediate(turn);
    await reader.end();
    expect(parts.reduce((sum, bytes) => sum + bytes)).toBeGreaterThan(25_000_000);
    expect(Math.max(...parts)).toBeLessThan(400_000);
  });

  it('takes the connection of such an answer along if the server had finished, as the word to stop may still be under way', async () => {
    await expect(answer(100)).rejects.toThrow('larger than 65536 bytes');
    expect(client.isStopped).toBe(true);
  });
});

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
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

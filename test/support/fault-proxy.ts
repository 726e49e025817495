import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

/** What happens to a request: its fault comes before the service has seen it, or after the service has done it. */
export type Fault = 'none' | 'delay' | 'drop before' | 'drop after' | '500 before' | '500 after' | 'cut' | 'never';

export interface FaultProxy {
  url: string;
  close: () => Promise<void>;
}

/** A proxy in front of the service that does to each request what `next` says. */
export async function startFaultProxy(origin: string, next: () => Fault): Promise<FaultProxy> {
  const server = createServer((incoming, outgoing) => {
    relay(origin, next(), incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

async function relay(origin: string, fault: Fault, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  if (fault === 'drop before') return void outgoing.destroy();
  if (fault === '500 before') return void outgoing.writeHead(500).end('broken');
  if (fault === 'delay') await wait(50);
  const { method, headers, url } = incoming;
  const forwarded = request(new URL(url ?? '/', origin), { method, headers });
  forwarded.end(body);
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  const text = await buffer(answer);
  if (fault === 'drop after') return void outgoing.destroy();
  if (fault === '500 after') return void outgoing.writeHead(500).end('broken');
  // The client has to end it, when its time is over.
  if (fault === 'never') return;
  if (fault === 'delay') await wait(50);
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
  if (fault !== 'cut') return void outgoing.end(text);
  outgoing.write(text.subarray(0, text.length / 2), () => outgoing.destroy());
}

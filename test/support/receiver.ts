import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from './client.js';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: Json;
}

type Answer = (received: Received, response: ServerResponse) => void;

/** Gets webhooks on a port of this machine, and keeps them. */
export class Receiver {
  readonly all: Received[] = [];
  answer: Answer = (_received, response) => response.writeHead(204).end();
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new Receiver(server, (server.address() as AddressInfo).port);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const received = { path: request.url ?? '', headers: request.headers, body, event: JSON.parse(body) };
        receiver.all.push(received);
        receiver.answer(received, response);
        for (const wake of receiver.waiting) wake();
      });
    });
    return receiver;
  }

  url(path = '/'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  at(path: string): Received[] {
    return this.all.filter((received) => received.path === path);
  }

  /** Waits until something holds, which is looked at after each request. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds())
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
      });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

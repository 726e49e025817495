import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Gets webhooks, answers each at once, and only counts them. */
export class CountingReceiver {
  received = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<CountingReceiver> {
    const server = createServer();
    const receiver = new CountingReceiver(server);
    server.on('request', (request, response) => {
      request.resume().once('end', () => {
        receiver.received += 1;
        response.writeHead(204).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Waits until nothing has come for a second. */
  async quiet(): Promise<void> {
    for (let seen = -1; seen !== this.received;) {
      seen = this.received;
      await wait(1000);
    }
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

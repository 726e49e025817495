import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between the service and its database, which can so be frozen or taken away for the one service alone. */
export class DatabaseProxy {
  private readonly sockets = new Set<Socket>();
  private frozen = false;
  private port = 0;

  private constructor(
    private readonly target: URL,
    private readonly server: Server,
  ) {}

  static async to(databaseUrl: string): Promise<DatabaseProxy> {
    const proxy: DatabaseProxy = new DatabaseProxy(
      new URL(databaseUrl),
      createServer((client) => {
        proxy.join(client);
      }),
    );
    await proxy.accept();
    return proxy;
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** Connections stay and new ones are taken, but not a byte passes, as when the server process is stopped. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.frozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  /** Ends every connection and refuses new ones. */
  async refuse(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  async accept(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    ({ port: this.port } = this.server.address() as AddressInfo);
  }

  private join(client: Socket): void {
    const database = connect(Number(this.target.port || 5432), this.target.hostname);
    this.pass(client, database);
    this.pass(database, client);
  }

  private pass(from: Socket, to: Socket): void {
    this.sockets.add(from);
    if (this.frozen) from.pause();
    from.on('data', (bytes) => to.write(bytes));
    if (this.frozen) from.pause();
    from.on('error', () => undefined);
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }
}

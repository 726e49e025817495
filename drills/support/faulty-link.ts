import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  endsUnit,
  isReadyForQuery,
  isStatement,
  MessageReader,
  query,
  queryText,
  type Message,
} from './postgres-messages.js';

/**
 * What befalls the nth statement: the connection breaks before PostgreSQL has it, or after it was carried out and before
 * the answer is back; or PostgreSQL gives it up with an error, this one alone or every one from it on.
 */
export type Fault = { nth: number } & (
  { kind: 'cut before' | 'cut after' } | { kind: 'error'; sqlState: string; lasting: boolean }
);

/** A way to PostgreSQL that counts the statements on all its connections and breaks at the one it is told to. */
export class FaultyLink {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private fault: Fault | undefined;
  private statements = 0;
  /** Did the fault happen? */
  struck = false;

  private constructor(private readonly target: URL) {
    this.server = createServer((client) => {
      this.join(client);
    });
  }

  static async to(url: string): Promise<FaultyLink> {
    const link = new FaultyLink(new URL(url));
    link.server.listen(0, '127.0.0.1');
    await once(link.server, 'listening');
    return link;
  }

  /** Address of the database by this way. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Counts from one again. */
  arm(fault: Fault): void {
    Object.assign(this, { fault, statements: 0, struck: false });
  }

  disarm(): void {
    this.fault = undefined;
  }

  async close(): Promise<void> {
    this.server.close();
    this.sockets.forEach((socket) => socket.destroy());
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const cut = (): void => {
      client.destroy();
      server.destroy();
    };
    const passage = new Passage(client, server, (message) => this.befalls(message));
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', () => {
        this.sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (chunk) => {
      passage.fromClient(chunk);
    });
    server.on('data', (chunk) => {
      passage.fromServer(chunk);
    });
  }

  /** The fault that is due at this message of a client. */
  private befalls(message: Message): Fault | undefined {
    const { fault } = this;
    if (fault === undefined || !isStatement(message)) return undefined;
    this.statements += 1;
    const isDue =
      this.statements === fault.nth || (fault.kind === 'error' && fault.lasting && this.statements > fault.nth);
    // A transaction can always be given up.
    if (!isDue || (fault.kind === 'error' && queryText(message).startsWith('ROLLBACK'))) return undefined;
    this.struck = true;
    return fault;
  }
}

/** One connection. Messages go to the server a unit at a time, so that a unit can be kept back as a whole. */
class Passage {
  private readonly ofClient = new MessageReader('client');
  private readonly ofServer = new MessageReader('server');
  private unit: Buffer[] = [];
  private unitFault: Fault | undefined;
  /** For every unit whose answer is not complete: may the client have it? */
  private readonly unanswered: { mayPass: boolean }[] = [];
  private isSpeaking = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly befalls: (message: Message) => Fault | undefined,
  ) {}

  fromClient(chunk: Buffer): void {
    for (const message of this.ofClient.read(chunk)) {
      this.unit.push(message.bytes);
      this.unitFault ??= this.befalls(message);
      if (message.type === 'Q' || message.type === 'P' || message.type === 'B') this.isSpeaking = true;
      // Until it speaks SQL, a client waits for an answer to each message.
      if (endsUnit(message) || !this.isSpeaking || message.type === 'X') this.sendUnit(endsUnit(message));
    }
  }

  private sendUnit(isAnswered: boolean): void {
    const { unit, unitFault: fault } = this;
    this.unit = [];
    this.unitFault = undefined;
    if (fault?.kind === 'cut before') {
      this.client.destroy();
      return;
    }
    if (isAnswered) this.unanswered.push({ mayPass: fault?.kind !== 'cut after' });
    this.server.write(fault?.kind === 'error' ? failure(fault.sqlState) : Buffer.concat(unit));
  }

  fromServer(chunk: Buffer): void {
    for (const message of this.ofServer.read(chunk)) {
      // Before the first statement the server speaks of the session itself, which ends with the same message.
      const [unit] = this.isSpeaking ? this.unanswered : [];
      if (unit?.mayPass !== false) this.client.write(message.bytes);
      if (!isReadyForQuery(message)) continue;
      this.unanswered.shift();
      if (unit?.mayPass === false) this.client.destroy();
    }
  }
}

/** Lets PostgreSQL itself fail, so that the transaction is in the state it would be in. */
function failure(sqlState: string): Buffer {
  return query(`do $$ begin raise exception 'given up by the drill' using errcode = '${sqlState}'; end $$`);
}

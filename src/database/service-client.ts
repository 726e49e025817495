import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import pg, { type ClientConfig, type CustomTypesConfig, type QueryResult } from 'pg';
import { countStatement } from '../common/request-stats.js';
import { AnswerTooLargeError, isAnswer, percentOfTime } from '../common/table/answer-limit.js';
import { isLong } from '../common/table/long-statement.js';
import { AnswerQuery, type AnswerConnection, type AnswerLimits } from './answer-query.js';
import { ConnectionStatements, type PreparingConnection } from './connection-statements.js';
import { messageSocket } from './message-socket.js';
import type { PreparedStatement } from './prepared-statements.js';
import { ServiceQuery } from './service-query.js';

export interface ServiceClientConfig extends ClientConfig {
  /** How long the server may leave a statement unanswered before the connection is given up. */
  silenceTimeoutMillis: number;
  /** How long the server may work on a statement. */
  statementTimeoutMillis: number;
  /** Most bytes of an answer; see `answer-limit.ts`. */
  mostAnswerBytes: number;
  /** See `prepared-statements.ts`. */
  prepareStatements: boolean;
}

/** The number in the protocol that asks to cancel instead of naming a version of it. */
const CANCEL_REQUEST = 80_877_102;
const CANCEL_WITHIN_MS = 1000;

const MOST_BYTES_A_TURN = 131_072;

const WITHOUT_WORKERS = 'set max_parallel_workers = 0';
const WITH_WORKERS = 'reset max_parallel_workers';

/**
 * States of a connection that do not pass: a server that became a standby (25006), a plan of before a migration (0A000,
 * 26000). The connection is replaced; the next one may reach the new primary, and plans anew.
 */
const OF_NO_MORE_USE = new Set(['25006', '0A000', '26000']);

/**
 * A connection that TypeORM's pool makes. It prepares its statements, and it ends when the server falls silent or
 * can do no more with it, so that neither waits for ever nor goes back to the pool.
 */
export class ServiceClient extends pg.Client {
  /** Undefined where statements are not prepared. */
  private readonly statements: ConnectionStatements | undefined;
  private readonly mostAnswerBytes: number;
  private readonly statementTimeoutMillis: number;
  private readonly answerConnection: AnswerConnection = {
    cancel: (reason) => {
      this.hadTooLargeAnswer ||= reason instanceof AnswerTooLargeError;
      return cancelStatement(this);
    },
    giveUp: () => {
      this.giveUp();
    },
  };
  private readonly silence: NodeJS.Timeout;
  private readonly types: CustomTypesConfig;
  /** Is it of no more use, as what it did was stopped? */
  isStopped = false;
  /** Has an answer been too large since the workspace got the connection? */
  hadTooLargeAnswer = false;
  private waiting = false;
  private usesWorkers = true;
  /** Is the statement under way one that may take its time? */
  private isPatient = false;

  constructor(config: ServiceClientConfig) {
    // The driver's types leave out what it calls this with.
    super({ ...config, stream: messageSocket as () => Socket });
    const connection = this.connection as PreparingConnection;
    this.statements = config.prepareStatements ? new ConnectionStatements(connection) : undefined;
    this.mostAnswerBytes = config.mostAnswerBytes;
    this.statementTimeoutMillis = config.statementTimeoutMillis;
    this.types = config.types ?? pg.types;
    inUtc(this.connection);
    // One timer a connection, moved on by every statement: cheaper than the driver's, which makes one a statement.
    this.silence = setTimeout(() => {
      this.giveUpIfSilent();
    }, config.silenceTimeoutMillis).unref();
    this.on('drain', () => (this.waiting = false));
    this.once('connect', () => {
      readInParts(this.connection.stream as Socket);
    });
    // Statements that were sent together are answered one by one, each within its own time.
    this.connection.on('readyForQuery', () => this.silence.refresh());
    // The pool and TypeORM listen too, but not from the one's last moment to the other's first: without a listener, a
    // connection that fails in between would end the process. A failed one is told by its statements, and not kept.
    this.on('error', () => undefined);
    this.once('end', () => {
      clearTimeout(this.silence);
      this.statements?.end();
    });
    this.connection.on('errorMessage', ({ code }: { code?: string }) => {
      // Not before whoever waits for the statement has its own error.
      if (OF_NO_MORE_USE.has(code ?? '')) {
        setImmediate(() => {
          this.giveUp();
        });
      }
    });
  }

  // Of the overloads of query only the one TypeORM calls, (text, values, …), is changed; the rest pass through.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  override query(...args: any[]): any {
    this.waiting = true;
    this.silence.refresh();
    this.writeOnce();
    const [text, values, ...rest] = args as unknown[];
    this.isPatient = typeof text === 'string' && isLong(text);
    const statement = this.statements?.use(text, values);
    const answer: unknown =
      typeof text === 'string' && rest.length === 0 && (statement !== undefined || isAnswer(text))
        ? this.run(statement, text, values as unknown[] | undefined)
        : (super.query.bind(this) as (...args: unknown[]) => unknown)(...(args as unknown[]));
    if (typeof text === 'string') countStatement(text, answer);
    return answer;
  }

  /** All statements of a turn leave in one write: a write costs more than most statements, as it wakes the server up. */
  private writeOnce(): void {
    const stream = this.connection.stream as Socket;
    if (stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => {
      stream.uncork();
    });
  }

  private run(
    statement: PreparedStatement | undefined,
    text: string,
    values: unknown[] | undefined,
  ): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, result: QueryResult): void => {
        if (error) reject(error);
        else resolve(result);
      };
      const { statements, types } = this;
      const preparation = statement && statements ? { statement, statements, types } : undefined;
      const query = isAnswer(text)
        ? new AnswerQuery(text, values, done, this.limitsOf(text), this.answerConnection, preparation)
        : new ServiceQuery(text, values, done, preparation);
      super.query(query);
    });
  }

  private limitsOf(text: string): AnswerLimits {
    const percent = percentOfTime(text);
    const milliseconds = percent === undefined ? undefined : this.statementTimeoutMillis * (percent / 100);
    return { bytes: this.mostAnswerBytes, milliseconds };
  }

  /**
   * Whether PostgreSQL may work on a statement in several processes, from the next one on, with which it is sent together. Not
   * `max_parallel_workers_per_gather`: a plan that is kept has its number of workers already, and finds none this way.
   */
  useWorkers(mayUse: boolean): void {
    if (mayUse === this.usesWorkers) return;
    this.usesWorkers = mayUse;
    this.waiting = true;
    this.silence.refresh();
    this.writeOnce();
    // If the connection fails, so does the statement, whose caller is told.
    super.query(mayUse ? WITH_WORKERS : WITHOUT_WORKERS).catch(() => undefined);
  }

  /**
   * For a request that is over: has the server stop the statement under way, and ends the connection, as a word to stop
   * may arrive late and would then meet the next request's statement.
   */
  stop(): void {
    if (!this.waiting) return;
    this.isStopped = true;
    void cancelStatement(this).then(() => {
      this.giveUp();
    });
  }

  /**
   * A process that was stopped, or busy for long, finds its timers due before it has read what came meanwhile: only a
   * socket that has nothing for us even then belongs to a server that is silent. An idle connection is left alone here, as
   * its next statement may be sent before that look.
   */
  private giveUpIfSilent(): void {
    if (!this.waiting) return;
    const stream = this.connection.stream as Socket;
    const { bytesRead } = stream;
    setImmediate(() => {
      if (!this.waiting) return;
      if (stream.bytesRead === bytesRead && !this.isPatient) this.giveUp(new Error('Query read timeout'));
      else this.silence.refresh();
    });
  }

  private giveUp(reason?: Error): void {
    // The pool would hear of it only after it has handed the connection on.
    this.isStopped = true;
    this.connection.stream.destroy(reason);
  }
}

/**
 * PostgreSQL takes the word to stop on a connection of its own, and closes that when it has passed it on. A server that
 * cannot be reached hears nothing: the connection that ends afterwards tells it.
 */
async function cancelStatement({ host, port, ...client }: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const request = Buffer.alloc(16);
  for (const [index, value] of [16, CANCEL_REQUEST, processID, secretKey].entries())
    request.writeInt32BE(value, index * 4);
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(CANCEL_WITHIN_MS, () => socket.destroy());
  socket.end(request);
  // `once` rejects for an error of the socket.
  await once(socket, 'close').catch(() => undefined);
}

/** On its own, Node.js reads two megabytes of a connection before it turns to others, whose requests would wait as long. */
function readInParts(stream: Socket): void {
  let bytes = 0;
  stream.on('data', ({ length }: Buffer) => {
    bytes += length;
    if (bytes < MOST_BYTES_A_TURN) return;
    bytes = 0;
    stream.pause();
    setImmediate(() => {
      stream.resume();
    });
  });
}

/**
 * The parsers of rows take every time for UTC. Told at the start of the connection, and not among its `options`, a pooler
 * keeps it for each of its clients.
 */
function inUtc(connection: pg.Connection): void {
  const starting = connection as pg.Connection & { startup: (parameters: object) => void };
  const startup = starting.startup.bind(connection);
  starting.startup = (parameters) => {
    startup({ ...parameters, TimeZone: 'UTC' });
  };
}

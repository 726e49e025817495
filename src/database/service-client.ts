import pg, { type ClientConfig, type CustomTypesConfig, type QueryResult } from 'pg';
import { noteStatement } from '../common/request-notes.js';
import { isAnswer } from '../common/rows/answer-limit.js';
import { AnswerQuery } from './answer-query.js';
import { PlannedResult } from './planned-result.js';
import { preparedName } from './prepared-names.js';

export interface ServiceClientConfig extends ClientConfig {
  /** How long the server may leave a statement unanswered before the connection is given up. */
  silenceTimeoutMillis: number;
  /** Most bytes of an answer; see `answer-limit.ts`. */
  mostAnswerBytes: number;
  /** See `prepared-names.ts`. */
  prepareStatements: boolean;
}

/** The driver's query with what its types leave out. */
type PreparedQuery = pg.Query & { name: string; _result: PlannedResult; _results: PlannedResult };

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
  private readonly prepares: boolean;
  private readonly mostAnswerBytes: number;
  private readonly silence: NodeJS.Timeout;
  private readonly types: CustomTypesConfig;
  private waiting = false;

  constructor(config: ServiceClientConfig) {
    super(config);
    this.prepares = config.prepareStatements;
    this.mostAnswerBytes = config.mostAnswerBytes;
    this.types = config.types ?? pg.types;
    inUtc(this.connection);
    // One timer a connection, moved on by every statement: cheaper than the driver's, which makes one a statement.
    this.silence = setTimeout(() => {
      if (this.waiting) this.giveUp(new Error('Query read timeout'));
    }, config.silenceTimeoutMillis).unref();
    this.on('drain', () => (this.waiting = false));
    // Statements that were sent together are answered one by one, each within its own time.
    this.connection.on('readyForQuery', () => this.silence.refresh());
    // The pool and TypeORM listen too, but not from the one's last moment to the other's first: without a listener, a
    // connection that fails in between would end the process. A failed one is told by its statements, and not kept.
    this.on('error', () => undefined);
    this.once('end', () => {
      clearTimeout(this.silence);
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
    const [text, values, ...rest] = args as unknown[];
    const name = this.prepares ? preparedName(text, values) : undefined;
    const answer: unknown =
      typeof text === 'string' && rest.length === 0 && (name !== undefined || isAnswer(text))
        ? this.run(name, text, values as unknown[] | undefined)
        : (super.query.bind(this) as (...args: unknown[]) => unknown)(...(args as unknown[]));
    if (typeof text === 'string') noteStatement(text, answer);
    return answer;
  }

  private run(name: string | undefined, text: string, values: unknown[] | undefined): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, result: QueryResult): void => {
        if (error) reject(error);
        else resolve(result);
      };
      const query = (
        isAnswer(text)
          ? new AnswerQuery(text, values, done, this.mostAnswerBytes, () => {
              this.giveUp();
            })
          : new pg.Query(text, values, done)
      ) as PreparedQuery;
      if (name !== undefined) {
        query.name = name;
        query._result = query._results = new PlannedResult(name, this.types);
      }
      super.query(query);
    });
  }

  private giveUp(reason?: Error): void {
    this.connection.stream.destroy(reason);
  }
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

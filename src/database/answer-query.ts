import type { Connection, FieldDef } from 'pg';
import { AnswerTooLargeError, AnswerTooLateError, type StoppedAnswerError } from '../common/table/answer-limit.js';
import { ServiceQuery, type Answered, type Preparation } from './service-query.js';

const CANCELLED = '57014';
const CANCELLED_WITHIN_MS = 1000;

export interface AnswerLimits {
  bytes: number;
  /** Undefined where the server's own limit is enough. */
  milliseconds?: number | undefined;
}

/** What an answer that is too large or too late asks of its connection. */
export interface AnswerConnection {
  /** Has the server stop the statement under way; resolves when it has passed that on. */
  cancel: (reason: StoppedAnswerError) => Promise<void>;
  /** Ends the connection. */
  giveUp: () => void;
}

/**
 * A query with a limit on the bytes of its rows as JSON, and on its time. The bytes are counted as they arrive, which costs an
 * addition a row and needs no statement before it that could see other rows. One row is never too many, as nobody could ask
 * for less.
 *
 * The server is told to stop an answer that exceeds a limit. The connection stays, as its prepared statements are worth more than
 * the answer, if the server confirms that it stopped this very statement: else the word to stop may meet the next one. As a
 * time limit may have stopped it, whoever waits for the answer, and then hands the connection on, hears only once the word has
 * been passed on.
 */
export class AnswerQuery extends ServiceQuery {
  private bytes = 0;
  private namesBytes = 0;
  private cancelling: Promise<void> | undefined;
  private hasEnded = false;
  private readonly timer: NodeJS.Timeout | undefined;
  /** Ends the connection of a server that does not stop. */
  private late: NodeJS.Timeout | undefined;

  constructor(
    text: string,
    values: unknown[] | undefined,
    done: Answered,
    private readonly limits: AnswerLimits,
    private readonly connection: AnswerConnection,
    preparation?: Preparation,
  ) {
    super(text, values, done, preparation);
    const { milliseconds } = limits;
    if (milliseconds === undefined) return;
    this.timer = setTimeout(() => {
      this.stopUnlessAnswered(milliseconds);
    }, milliseconds);
  }

  override handleRowDescription(message: { fields: FieldDef[] }): void {
    this.namesBytes = message.fields.reduce((sum, { name }) => sum + name.length, 0);
    super.handleRowDescription(message);
  }

  override handleDataRow(message: { length: number; fields: (string | null)[] }): void {
    this.bytes += message.length + this.namesBytes;
    if (this.bytes <= this.limits.bytes || this._result.rows.length === 0) super.handleDataRow(message);
    else this.stop(new AnswerTooLargeError(this.limits.bytes));
  }

  /** A process that was paused, or busy for long, finds its timers due before it has read an answer that came meanwhile. */
  private stopUnlessAnswered(milliseconds: number): void {
    setImmediate(() => {
      if (!this.hasEnded) this.stop(new AnswerTooLateError(milliseconds));
    });
  }

  private stop(reason: StoppedAnswerError): void {
    if (this._canceledDueToError !== false) return;
    this._canceledDueToError = reason;
    this._result.rows = [];
    this.late = setTimeout(this.connection.giveUp, CANCELLED_WITHIN_MS).unref();
    this.cancelling = this.connection.cancel(reason);
  }

  override handleError(error: Error & { code?: string }, connection: Connection): void {
    const { cancelling } = this;
    this.end(error.code);
    if (cancelling === undefined) super.handleError(error, connection);
    else
      void cancelling.then(() => {
        super.handleError(error, connection);
      });
  }

  /** An answer that exceeded a limit, and was not stopped, ends here. */
  override handleReadyForQuery(connection: Connection): void {
    this.end();
    super.handleReadyForQuery(connection);
  }

  private end(code?: string): void {
    this.hasEnded = true;
    clearTimeout(this.timer);
    if (this.cancelling === undefined) return;
    this.cancelling = undefined;
    clearTimeout(this.late);
    if (code !== CANCELLED) this.connection.giveUp();
  }
}

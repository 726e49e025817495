import type { Connection, FieldDef } from 'pg';
import { AnswerTooLargeError } from '../common/table/answer-limit.js';
import { ServiceQuery, type Answered, type Preparation } from './service-query.js';

const CANCELLED = '57014';
const CANCELLED_WITHIN_MS = 1000;

/** What an answer that is too large asks of its connection. */
export interface AnswerConnection {
  /** Has the server stop the statement under way; resolves when it has passed that on. */
  cancel: () => Promise<void>;
  /** Ends the connection. */
  giveUp: () => void;
}

/**
 * A query whose rows may take so many bytes as JSON. They are counted as they arrive, which costs an addition a row and
 * needs no statement before it that could see other rows. One row is never too many, as nobody could ask for less.
 *
 * The server is told to stop an answer that is too large. The connection stays, as its prepared statements are worth more than
 * the answer, if the server confirms that it stopped this very statement: else the word to stop may meet the next one. As a
 * time limit may have stopped it, whoever waits for the answer, and then hands the connection on, hears only once the word has
 * been passed on.
 */
export class AnswerQuery extends ServiceQuery {
  private bytes = 0;
  private namesBytes = 0;
  private cancelling: Promise<void> | undefined;
  /** Ends the connection of a server that does not stop. */
  private late: NodeJS.Timeout | undefined;

  constructor(
    text: string,
    values: unknown[] | undefined,
    done: Answered,
    private readonly mostBytes: number,
    private readonly connection: AnswerConnection,
    preparation?: Preparation,
  ) {
    super(text, values, done, preparation);
  }

  override handleRowDescription(message: { fields: FieldDef[] }): void {
    this.namesBytes = message.fields.reduce((sum, { name }) => sum + name.length, 0);
    super.handleRowDescription(message);
  }

  override handleDataRow(message: { length: number; fields: (string | null)[] }): void {
    this.bytes += message.length + this.namesBytes;
    if (this.bytes <= this.mostBytes || this._result.rows.length === 0) {
      super.handleDataRow(message);
      return;
    }
    if (this._canceledDueToError !== false) return;
    this._canceledDueToError = new AnswerTooLargeError(this.mostBytes);
    this._result.rows = [];
    this.late = setTimeout(this.connection.giveUp, CANCELLED_WITHIN_MS).unref();
    this.cancelling = this.connection.cancel();
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

  /** An answer that was too large, and was not stopped, ends here. */
  override handleReadyForQuery(connection: Connection): void {
    this.end();
    super.handleReadyForQuery(connection);
  }

  private end(code?: string): void {
    if (this.cancelling === undefined) return;
    this.cancelling = undefined;
    clearTimeout(this.late);
    if (code !== CANCELLED) this.connection.giveUp();
  }
}

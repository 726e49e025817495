import pg, { type FieldDef } from 'pg';
import { AnswerTooLargeError } from '../common/table/answer-limit.js';

/** What the driver's query is made of; its types do not say. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- a class that is only declared is used by its type
declare class DriverQuery extends pg.Query {
  constructor(text: string, values: unknown[] | undefined, done: Answered);
  name: string;
  _result: { rows: object[] };
  _canceledDueToError: Error | false;
  handleRowDescription(message: { fields: FieldDef[] }): void;
  handleDataRow(message: { length: number; fields: (string | null)[] }): void;
}

type Answered = (error: Error | undefined, result: pg.QueryResult) => void;

const Query = pg.Query as unknown as typeof DriverQuery;

/**
 * A query whose rows may take so many bytes as JSON. They are counted as they arrive, which costs an addition a row and
 * needs no statement before it that could see other rows. One row is never too many, as nobody could ask for less.
 */
export class AnswerQuery extends Query {
  private bytes = 0;
  private namesBytes = 0;

  constructor(
    text: string,
    values: unknown[] | undefined,
    done: Answered,
    private readonly mostBytes: number,
    /** Ends the connection: the server would go on sending rows that nobody takes. */
    private readonly giveUp: () => void,
  ) {
    super(text, values, done);
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
    this.giveUp();
  }
}

import pg, { type CustomTypesConfig, type FieldDef } from 'pg';
import { CompiledRowResult, type DriverResult } from './compiled-row-result.js';
import type { ConnectionStatements } from './connection-statements.js';
import type { PreparedStatement } from './prepared-statements.js';

export type Answered = (error: Error | undefined, result: pg.QueryResult) => void;

/** What the driver's query is made of; its types do not say. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- a class that is only declared is used by its type
declare class DriverQuery extends pg.Query {
  constructor(text: string, values: unknown[] | undefined, done: Answered);
  name: string;
  _result: DriverResult;
  _results: DriverResult;
  _canceledDueToError: Error | false;
  prepare(connection: pg.Connection): void;
  handleRowDescription(message: { fields: FieldDef[] }): void;
  handleDataRow(message: { length: number; fields: (string | null)[] }): void;
  handleError(error: Error & { code?: string }, connection: pg.Connection): void;
  handleReadyForQuery(connection: pg.Connection): void;
}

const Query = pg.Query as unknown as typeof DriverQuery;

/** A statement to be prepared on a connection, and how its values are read. */
export interface Preparation {
  statement: PreparedStatement;
  statements: ConnectionStatements;
  types: CustomTypesConfig;
}

/**
 * The driver's query, for a statement that may be prepared. The driver has the columns described with every answer. Here the
 * first description is kept, as PostgreSQL refuses a prepared statement whose columns have changed: to read that of an
 * opportunity takes 9 µs, a tenth of what the process does for a small request.
 */
export class ServiceQuery extends Query {
  private readonly statements: ConnectionStatements | undefined;

  constructor(text: string, values: unknown[] | undefined, done: Answered, preparation?: Preparation) {
    super(text, values, done);
    this.statements = preparation?.statements;
    if (preparation === undefined) return;
    this.name = preparation.statement.name;
    this._result = this._results = new CompiledRowResult(preparation.statement, preparation.types);
  }

  override prepare(connection: pg.Connection): void {
    const columns = this.statements?.columnsOf(this.name);
    if (columns !== undefined) this.handleRowDescription({ fields: columns });
    super.prepare(columns === undefined ? connection : (this.statements?.withoutDescription ?? connection));
  }

  override handleRowDescription(message: { fields: FieldDef[] }): void {
    super.handleRowDescription(message);
    this.statements?.noteColumns(this.name, this._result.fields);
  }
}

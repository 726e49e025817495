import type pg from 'pg';
import type { FieldDef } from 'pg';
import { PreparedStatements, type PreparedStatement } from './prepared-statements.js';

/** The driver's notes of what is prepared on a connection, text by name; its types leave them out. */
export type PreparingConnection = pg.Connection & {
  parsedStatements: Record<string, string>;
  submittedNamedStatements: Record<string, string>;
  close: (message: { type: 'S'; name: string }) => void;
};

const open = new Set<ConnectionStatements>();

/** One choice for all connections: a pool hands out any of them. */
const statements = new PreparedStatements(({ name }) => {
  for (const connection of open) connection.forget(name);
});

/** The prepared statements of one connection. Those that are no longer kept are closed together with its next statement. */
export class ConnectionStatements {
  private readonly forgotten = new Set<string>();
  private readonly columns = new Map<string, FieldDef[]>();
  /** The connection for a statement whose columns are known: it asks for no description. */
  readonly withoutDescription: pg.Connection;

  constructor(private readonly connection: PreparingConnection) {
    const describe = (): void => undefined;
    this.withoutDescription = Object.assign(Object.create(connection) as pg.Connection, { describe });
    open.add(this);
  }

  /** The columns of a statement that is prepared on this connection, as the server has described them. */
  columnsOf(name: string): FieldDef[] | undefined {
    return this.columns.get(name);
  }

  noteColumns(name: string, columns: FieldDef[]): void {
    this.columns.set(name, columns);
  }

  /** The prepared statement to send a text with; undefined if it is to be sent unprepared. */
  use(text: unknown, values: unknown): PreparedStatement | undefined {
    // Without parameters a statement goes out by the simple protocol, which cannot prepare it.
    if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return undefined;
    const statement = statements.use(text);
    if (this.forgotten.size > 0) this.closeForgotten();
    return statement;
  }

  forget(name: string): void {
    const { parsedStatements, submittedNamedStatements } = this.connection;
    if (name in parsedStatements || name in submittedNamedStatements) this.forgotten.add(name);
  }

  /** The connection has ended. */
  end(): void {
    open.delete(this);
  }

  private closeForgotten(): void {
    const { parsedStatements, submittedNamedStatements } = this.connection;
    for (const name of this.forgotten) {
      // The driver notes a statement as parsed when the server says so; closed before, it would be noted for ever.
      if (name in submittedNamedStatements) continue;
      this.forgotten.delete(name);
      if (!(name in parsedStatements)) continue;
      // Without a sync of its own: the server answers it with the statement that follows.
      this.connection.close({ type: 'S', name });
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- it is the driver's own table
      delete parsedStatements[name];
      this.columns.delete(name);
    }
  }
}

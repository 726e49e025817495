import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

type Value = string | number | boolean | null;

/** A table for the other engine: the types of its columns, and its rows. */
export interface DuckTable {
  columns: Readonly<Record<string, string>>;
  rows: readonly Readonly<Record<string, Value>>[];
}

/** Another database engine, with exact decimals, that recomputes what the service answers. */
export class Duck {
  private constructor(private readonly connection: DuckDBConnection) {}

  static async of(tables: Readonly<Record<string, DuckTable>>): Promise<Duck> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const duck = new Duck(await instance.connect());
    for (const [name, { columns, rows }] of Object.entries(tables)) {
      const list = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`);
      await duck.connection.run(`create table ${name} (${list.join(', ')})`);
      const tuples = rows.map(
        (row) =>
          `(${Object.keys(columns)
            .map((column) => literal(row[column] ?? null))
            .join(', ')})`,
      );
      if (tuples.length > 0) await duck.connection.run(`insert into ${name} values ${tuples.join(', ')}`);
    }
    return duck;
  }

  /** Rows with decimals and large numbers as texts. */
  async query<Row>(text: string): Promise<Row[]> {
    const reader = await this.connection.runAndReadAll(text);
    return reader.getRowObjectsJson() as Row[];
  }

  close(): void {
    this.connection.closeSync();
  }
}

function literal(value: Value): string {
  return value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`;
}

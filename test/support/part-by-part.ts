import { createRequire } from 'node:module';
import pg from 'pg';
import { partsOf, written, type Part } from './with-parts.js';

/* Runs statements as an engine does that runs the parts of a `with` one after the other, each seeing what those before did. */

const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as {
  prepareValue: (value: unknown) => string | Buffer | null | undefined;
};

export interface Recorded {
  /** The connection. */
  client: unknown;
  text: string;
  values: readonly unknown[];
}

/** Values as PostgreSQL writes them, which is also how it reads them. */
const AS_TEXT = { getTypeParser: () => (value: unknown) => value };

/** Repeats statements on a database that is as theirs was before them, each connection's on one of its own. */
export class PartByPart {
  private readonly connections = new Map<unknown, Promise<pg.Client>>();
  /** How many statements ran in parts. */
  count = 0;

  constructor(private readonly url: string) {}

  async run(statements: readonly Recorded[]): Promise<void> {
    for (const statement of statements) await this.repeat(statement);
  }

  async end(): Promise<void> {
    for (const connection of this.connections.values()) await (await connection).end();
  }

  private async repeat({ client, text, values }: Recorded): Promise<void> {
    const connection = await this.connectionOf(client);
    const parts = partsOf(text);
    const isWriting = parts.length > 1 && parts.some((part) => written(part).length > 0);
    // What failed then is to fail now, and the statements behind it are its rollback.
    if (!isWriting) await connection.query({ text, values: [...values] }).catch(() => undefined);
    else await this.inParts(connection, parts, values).catch(noted(text));
  }

  private async inParts(connection: pg.Client, parts: readonly Part[], values: readonly unknown[]): Promise<void> {
    this.count++;
    const isAlone = await outsideTransaction(connection);
    if (isAlone) await connection.query('begin');
    const made: string[] = [];
    for (const { name, text } of parts) {
      const result = await connection.query<unknown[]>({
        text: literal(text, values),
        rowMode: 'array',
        types: AS_TEXT,
      });
      if (name === undefined) continue;
      await keep(connection, name, result);
      made.push(`pg_temp.${name}`);
    }
    await connection.query(`drop table ${made.join(', ')}`);
    if (isAlone) await connection.query('commit');
  }

  private connectionOf(client: unknown): Promise<pg.Client> {
    const known = this.connections.get(client);
    if (known !== undefined) return known;
    const connection = new pg.Client({ connectionString: this.url });
    const ready = connection.connect().then(async () => {
      await connection.query(`set timezone = 'UTC'; set lock_timeout = '10s'`);
      return connection;
    });
    this.connections.set(client, ready);
    return ready;
  }
}

async function outsideTransaction(connection: pg.Client): Promise<boolean> {
  const { rows } = await connection.query<{ is: boolean }>(
    'select transaction_timestamp() = statement_timestamp() as is',
  );
  return rows[0]?.is === true;
}

/** Parameters become literals, as a part may use some of them only. */
function literal(text: string, values: readonly unknown[]): string {
  return text.replaceAll(/\$(\d+)\b/g, (_place, number: string) => {
    const value = prepareValue(values[Number(number) - 1]);
    return value === null || value === undefined ? 'null' : pg.escapeLiteral(value.toString());
  });
}

async function keep(connection: pg.Client, name: string, result: pg.QueryArrayResult<unknown[]>): Promise<void> {
  const columns = result.fields.map((field) => pg.escapeIdentifier(field.name));
  const types = result.fields.map(({ dataTypeID }) => dataTypeID);
  const named = await connection.query<{ type: string }>(
    'select format_type(oid, null) as type from unnest($1::oid[]) with ordinality as t (oid, place) order by place',
    [types],
  );
  const definitions = columns.map((column, at) => `${column} ${named.rows[at]?.type ?? 'text'}`);
  await connection.query(`create temp table ${name} (${definitions.join(', ')})`);
  for (const row of result.rows) {
    const places = row.map((_value, at) => `$${at + 1}`).join(', ');
    const rows = columns.length === 0 ? 'default values' : `values (${places})`;
    await connection.query(`insert into pg_temp.${name} ${rows}`, row);
  }
}

function noted(text: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${String(error)}\n${text}`, { cause: error });
  };
}

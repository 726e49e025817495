/*
 * A backup is gzipped text that psql understands, too: comments, and PostgreSQL's own COPY blocks, one a table. The first
 * line says which migrations the tables had behind them, the last that nothing is missing.
 */

const HEAD = '-- crm-opportunity-service backup 1; migrations: ';
const COPY = /^copy \S+ \(.*\) from stdin;$/;
const END_OF_ROWS = '\\.\n';

export const LAST_LINE = '-- the end of the backup\n';

/** A file that is not a backup, or not a whole one. */
export class BackupError extends Error {}

export function firstLine(migrations: readonly string[]): string {
  return `${HEAD}${migrations.join(' ')}\n`;
}

/** The migrations that `firstLine` was given. Throws for the first line of any other file. */
export function migrationsOf(line: string): string[] {
  if (!line.startsWith(HEAD)) throw new BackupError('This is not a backup made by: npm run backup -- dump <file>');
  return line.slice(HEAD.length).trim().split(' ');
}

export function copyStatement(table: string, columns: readonly string[]): string {
  return `copy ${table} (${columns.join(', ')}) from stdin;`;
}

/** What stands before and after the rows of a table. */
export function aroundRows(statement: string): [string, string] {
  return [`${statement}\n`, `${END_OF_ROWS}\n`];
}

/** The statement of a line that begins the rows of a table. */
export function statementOf(line: string): string | undefined {
  const text = line.trimEnd();
  return COPY.test(text) ? text : undefined;
}

/** The text of a backup, a line at a time; COPY's own text has no other line ends than `\n`. */
export class BackupLines {
  private readonly lines: AsyncIterator<Buffer>;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.lines = linesOf(chunks)[Symbol.asyncIterator]();
  }

  async next(): Promise<string | undefined> {
    const next = await this.lines.next();
    return next.done === true ? undefined : next.value.toString();
  }

  /** The lines up to the end of a table's rows. */
  async *rows(): AsyncGenerator<Buffer> {
    for (let next = await this.lines.next(); next.done !== true; next = await this.lines.next()) {
      if (next.value.length === END_OF_ROWS.length && next.value.toString() === END_OF_ROWS) return;
      yield next.value;
    }
    throw new BackupError('The backup ends in the middle of a table.');
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10)) {
      yield text.subarray(0, end + 1);
      text = text.subarray(end + 1);
    }
    rest = Buffer.from(text);
  }
  if (rest.length > 0) yield rest;
}

import { commandLine } from '../config/command-line.js';
import type { BackupTable } from './backup-tables.js';

/*
 * A backup is gzipped text that psql understands, too: comments, and PostgreSQL's own COPY blocks, one a table. The first
 * line says which migrations the tables had behind them, the last that nothing is missing.
 */

const HEAD = '-- crm-opportunity-service backup 1; migrations: ';
const COPY = /^copy (\S+) \((.+)\) from stdin;\n$/;
const END_OF_ROWS = '\\.\n';

export const LAST_LINE = '-- the end of the backup\n';

/** A file that is not a backup, or not a whole one. */
export class BackupError extends Error {}

export function firstLine(migrations: readonly string[]): string {
  return `${HEAD}${migrations.join(' ')}\n`;
}

/** The migrations that `firstLine` was given. Throws for the first line of any other file. */
export function migrationsOf(line: string): string[] {
  if (!line.startsWith(HEAD))
    throw new BackupError(`This is not a backup made by: ${commandLine('backup', 'dump <file>')}`);
  return line.slice(HEAD.length).trim().split(' ');
}

export function copyStatement({ name, columns }: BackupTable): string {
  return `copy ${name} (${columns.join(', ')}) from stdin;`;
}

/** What stands before and after the rows of a table. */
export function aroundRows(table: BackupTable): [string, string] {
  return [`${copyStatement(table)}\n`, `${END_OF_ROWS}\n`];
}

/** The table whose rows begin after a line, with the names as the line has them; undefined for any other line. */
export function tableOf(line: string): BackupTable | undefined {
  const [, name, columns] = COPY.exec(line) ?? [];
  return name === undefined || columns === undefined ? undefined : { name, columns: columns.split(', ') };
}

/** Is this the line after the rows of a table? */
export function isEndOfRows(line: Buffer): boolean {
  return line.length === END_OF_ROWS.length && line.toString() === END_OF_ROWS;
}

import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { connect } from '../database/connect.js';
import { aroundRows, BackupError, firstLine, LAST_LINE } from './backup-format.js';
import { backupTables, type BackupTable } from './backup-tables.js';

/**
 * Writes all that the database holds to a file only its owner can read; the service may go on working meanwhile. The file
 * is there once it is whole, and on the disk. Answers the number of rows.
 */
export async function dump(url: string, path: string): Promise<number> {
  const partial = `${path}.partial`;
  const client = await connect(url);
  try {
    const counted = { rows: 0 };
    // Every table as it was at one moment, so that no child comes without its parent.
    await client.query('begin isolation level repeatable read read only');
    const text = Readable.from(textOf(client, counted), { objectMode: false });
    await pipeline(text, createGzip(), createWriteStream(partial, { mode: 0o600 }));
    await syncFile(partial);
    await rename(partial, path);
    return counted.rows;
  } finally {
    await client.end();
    await rm(partial, { force: true });
  }
}

async function* textOf(client: pg.Client, counted: { rows: number }): AsyncGenerator<string | Buffer> {
  yield firstLine(await executedMigrations(client));
  for (const table of await backupTables(client)) yield* tableText(client, table, counted);
  yield LAST_LINE;
}

async function executedMigrations(client: pg.Client): Promise<string[]> {
  const { rowCount } = await client.query("select where to_regclass('migrations') is not null");
  if (rowCount === 0)
    throw new BackupError('There is nothing to dump: the service has never started on this database.');
  const { rows } = await client.query<{ name: string }>('select name from migrations order by timestamp');
  return rows.map(({ name }) => name);
}

async function* tableText(
  client: pg.Client,
  table: BackupTable,
  counted: { rows: number },
): AsyncGenerator<string | Buffer> {
  const { name, columns } = table;
  const [before, after] = aroundRows(table);
  yield before;
  const rows = client.query(copyTo(`copy (select ${columns.join(', ')} from ${name}) to stdout`));
  for await (const chunk of rows) yield chunk as Buffer;
  counted.rows += rows.rowCount;
  yield after;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}

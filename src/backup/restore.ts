import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DataSource } from 'typeorm';
import type { Config } from '../config/config.js';
import { connect } from '../database/connect.js';
import { dataSourceOptions, migrationOptions, migrations } from '../database/data-source.js';
import { prepareSchema } from '../database/migrate.js';
import { MigratingDataSource } from '../database/migrating-data-source.js';
import { renewLogs } from '../events/renew-logs.js';
import { requireSuitableDatabase } from '../database/suitable-database.js';
import { disableRestored } from '../webhooks/disabling.js';
import { BackupError, copyStatement, LAST_LINE, migrationsOf, tableOf } from './backup-format.js';
import { BackupLines } from './backup-lines.js';
import { backupTables, namesOf, type BackupTable } from './backup-tables.js';

/**
 * Puts a backup into an empty database: the migrations that it was made after, its rows, then the migrations since, so an
 * older backup can be restored by a newer version. All rows or none. Answers their number.
 */
export async function restore(config: Config, url: string, path: string): Promise<number> {
  const file = createReadStream(path);
  const unzipped = createGunzip();
  const read = pipeline(file, unzipped).catch((error: unknown) => {
    throw new BackupError(`Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  });
  const filled = fill(config, url, new BackupLines(unzipped)).catch((error: unknown) => {
    // Both, as a file that is read to its end may still be waiting to be unzipped.
    file.destroy();
    unzipped.destroy();
    throw error;
  });
  // The first of the two to fail says why; both have ended before this does, so that nobody still works in the database.
  const [rows] = await Promise.all([filled, read]).finally(() => Promise.allSettled([filled, read]));
  await prepareSchema({ ...config, MIGRATE_ON_START: true }, url);
  await beginAnew(config, url);
  return rows;
}

/** Who follows the events of the original must not go on with those of the copy unawares, nor get them from both. */
async function beginAnew(config: Config, url: string): Promise<void> {
  const dataSource = await new DataSource({ ...dataSourceOptions(config, url), poolSize: 2 }).initialize();
  try {
    await renewLogs(dataSource);
    await dataSource.transaction(disableRestored);
  } finally {
    await dataSource.destroy();
  }
}

async function fill(config: Config, url: string, lines: BackupLines): Promise<number> {
  const names = migrationsOf((await lines.next()) ?? '');
  await requireSuitableDatabase(url, config);
  const client = await connect(url);
  try {
    await refuseRows(client);
    await migrate(config, url, names);
    await client.query('begin');
    const rows = await copyTables(client, lines);
    await client.query('commit');
    await client.query('analyze');
    return rows;
  } finally {
    await client.end();
  }
}

/** Exactly as far as the tables of the backup had come. */
async function migrate(config: Config, url: string, names: string[]): Promise<void> {
  const unknown = names.filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length > 0)
    throw new BackupError(
      `The backup comes from a newer version of the service, or from a service with more modules. This service lacks ${unknown.join(', ')}.`,
    );
  const wanted = migrations.filter(({ name }) => names.includes(name));
  const dataSource = await new MigratingDataSource({
    ...migrationOptions(config, url),
    migrations: wanted,
  }).initialize();
  await dataSource.runMigrations().finally(() => dataSource.destroy());
}

async function refuseRows(client: pg.Client): Promise<void> {
  for (const { name } of await backupTables(client)) {
    const { rowCount } = await client.query(`select from ${name} limit 1`);
    if (rowCount !== 0)
      throw new BackupError(
        `The database is not empty: ${name} has rows. Restore into an empty database: set another DATA_DIR, or the DATABASE_URL of an empty database.`,
      );
  }
}

/** Every table of the database once, and nothing else. */
async function copyTables(client: pg.Client, lines: BackupLines): Promise<number> {
  let waiting = await backupTables(client);
  let rows = 0;
  for (let line = await lines.next(); line !== LAST_LINE; line = await lines.next()) {
    if (line === undefined) throw new BackupError('The backup is not complete: its end is missing.');
    if (line === '\n') continue;
    const table = ownTable(waiting, line);
    const into = client.query(copyFrom(copyStatement(table)));
    await pipeline(lines.rows(), into);
    rows += into.rowCount;
    waiting = waiting.filter(({ name }) => name !== table.name);
  }
  if ((await lines.next()) !== undefined) throw new BackupError('The backup has data after its end.');
  if (waiting.length > 0) throw new BackupError(`The backup is not complete: it lacks ${namesOf(waiting)}.`);
  return rows;
}

/**
 * The table that a line begins, with the line's order of columns. Only what the database has is ever named in a
 * statement: a file is read, and nothing in it is run.
 */
function ownTable(waiting: readonly BackupTable[], line: string): BackupTable {
  const given = tableOf(line);
  if (given === undefined) throw new BackupError(`The backup has a line that is not part of one: ${line.slice(0, 80)}`);
  const { name, columns } = given;
  const own = waiting.find((table) => table.name === name);
  if (own === undefined)
    throw new BackupError(`The backup has a table twice, or one that cannot be restored: ${name.slice(0, 80)}`);
  const differing = columns.filter((column, at) => !own.columns.includes(column) || columns.indexOf(column) !== at);
  const missing = own.columns.filter((column) => !columns.includes(column));
  if (differing.length + missing.length > 0)
    throw new BackupError(
      `The backup has other columns of ${own.name} than the database: ${[...differing, ...missing].join(', ').slice(0, 80)}`,
    );
  return { name: own.name, columns };
}

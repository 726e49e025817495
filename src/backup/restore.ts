import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DataSource } from 'typeorm';
import type { Config } from '../config/config.js';
import { migrationOptions } from '../database/data-source.js';
import { prepareSchema } from '../database/migrate.js';
import { migrations } from '../database/migrations/index.js';
import { BackupError, BackupLines, LAST_LINE, migrationsOf, statementOf } from './backup-format.js';
import { backupTables } from './backup-tables.js';

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
    file.destroy();
    throw error;
  });
  // The first of the two to fail says why; both have ended before this does, so that nobody still works in the database.
  const [rows] = await Promise.all([filled, read]).finally(() => Promise.allSettled([filled, read]));
  await prepareSchema({ ...config, MIGRATE_ON_START: true }, url);
  return rows;
}

async function fill(config: Config, url: string, lines: BackupLines): Promise<number> {
  const names = migrationsOf((await lines.next()) ?? '');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
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
    throw new BackupError(`The backup comes from a newer version of the service, with ${unknown.join(', ')}.`);
  const wanted = migrations.filter(({ name }) => names.includes(name));
  const dataSource = await new DataSource({ ...migrationOptions(config, url), migrations: wanted }).initialize();
  await dataSource.runMigrations().finally(() => dataSource.destroy());
}

async function refuseRows(client: pg.Client): Promise<void> {
  for (const { name } of await backupTables(client)) {
    const { rowCount } = await client.query(`select from ${name} limit 1`);
    if (rowCount !== 0)
      throw new BackupError(
        `The database is not empty: ${name} has rows. Restore into a new one: another DATA_DIR, or a DATABASE_URL of an empty database.`,
      );
  }
}

async function copyTables(client: pg.Client, lines: BackupLines): Promise<number> {
  let rows = 0;
  for (let line = await lines.next(); line !== LAST_LINE; line = await lines.next()) {
    if (line === undefined) throw new BackupError('The backup is not whole: its end is missing.');
    const statement = statementOf(line);
    if (statement === undefined) continue;
    const into = client.query(copyFrom(statement));
    await pipeline(lines.rows(), into);
    rows += into.rowCount;
  }
  return rows;
}

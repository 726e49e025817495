import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { commandLine } from '../config/command-line.js';
import type { Config } from '../config/config.js';
import { outsideParts } from '../schema.js';
import { migrationOptions } from './data-source.js';
import { tablesToDistribute } from './distributed/distribute.js';
import { MigratingDataSource } from './migrating-data-source.js';
import { modulesInDatabase } from './module-notes.js';
import { adoptGeneratedColumns } from '../common/module/generated-columns.js';
import { SchemaError } from './schema-error.js';
import { requireSuitableDatabase } from './suitable-database.js';

/** Any number, the same in every version of the service: one process at a time migrates a database. */
export const MIGRATION_LOCK = 4_711_205_931;

const ASK_AGAIN_MS = 100;

/**
 * Brings the schema up to date, or with MIGRATE_ON_START=false makes sure that it is, and then that it is the one the
 * entities describe. Throws a `SchemaError` otherwise.
 */
export async function prepareSchema(config: Config, url: string): Promise<void> {
  await requireSuitableDatabase(url, config);
  const dataSource = new MigratingDataSource(migrationOptions(config, url));
  await dataSource.initialize();
  try {
    await underMigrationLock(dataSource, async () => {
      await refuseUnloaded(dataSource);
      if (config.MIGRATE_ON_START) await dataSource.runMigrations();
      else if (await dataSource.showMigrations())
        throw new SchemaError(`The database needs migrations. Run them with: ${commandLine('migration', 'run')}`);
      else if (config.DATABASE_DISTRIBUTED !== undefined) await refuseLocalTables(dataSource);
      await adoptNotes(dataSource);
      await refuseDrift(dataSource);
    });
  } finally {
    await dataSource.destroy();
  }
}

/**
 * The lock is that of a transaction beside the work: one of a session would stay behind in a pooler that shares
 * connections by transaction.
 */
export async function underMigrationLock<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    while (!(await takeLock(runner))) await delay(ASK_AGAIN_MS);
    return await work();
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
  }
}

/**
 * Begins the transaction that holds the lock, and tells whether it got the lock. If not, it ends the transaction: the process
 * that has the lock may make an index beside reads and writes, which waits for all transactions that were reading just then.
 */
async function takeLock(runner: QueryRunner): Promise<boolean> {
  await runner.startTransaction('READ COMMITTED');
  await runner.query('set local idle_in_transaction_session_timeout = 0');
  const [{ taken }] = (await runner.query(`select pg_try_advisory_xact_lock(${MIGRATION_LOCK}) as taken`)) as [
    { taken: boolean },
  ];
  if (!taken) await runner.rollbackTransaction();
  return taken;
}

async function adoptNotes(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  await adoptGeneratedColumns(runner).finally(() => runner.release());
}

/** What a module made is not a difference to correct: it holds data. */
async function refuseUnloaded(dataSource: DataSource): Promise<void> {
  const loaded = new Set(outsideParts.map(({ name }) => name));
  const missing = [...(await modulesInDatabase(dataSource)).keys()].filter((name) => !loaded.has(name));
  if (missing.length === 0) return;
  const [first] = missing;
  throw new SchemaError(
    `The database has tables or attributes of the module '${missing.join("', '")}', which is not loaded. Add it to MODULES, or ` +
      `remove it with its data: ${commandLine('modules', `remove ${first}`)}`,
  );
}

async function refuseLocalTables(dataSource: DataSource): Promise<void> {
  const local = await tablesToDistribute(dataSource);
  if (local.length > 0)
    throw new SchemaError(
      `Tables are not distributed yet: ${local.join(', ')}. Distribute them with: ${commandLine('migration', 'run')}`,
    );
}

async function refuseDrift(dataSource: DataSource): Promise<void> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  // An index that only the database knows is one that its operator added, for queries of their own.
  const differing = upQueries.filter(({ query }) => !query.startsWith('DROP INDEX'));
  if (differing.length === 0) return;
  const differences = differing.map(({ query }) => `  ${query}`).join('\n');
  throw new SchemaError(
    `The schema of the database differs from this version. These statements would correct it:\n${differences}`,
  );
}

import type { Config } from '../config/config.js';
import { outsideParts } from '../schema.js';
import { migrationOptions } from './data-source.js';
import { underMigrationLock } from './migrate.js';
import { MigratingDataSource } from './migrating-data-source.js';
import { forgetModuleMigrations, modulesInDatabase } from './module-notes.js';
import { SchemaError } from './schema-error.js';

/** Takes what a loaded module made out of the database, with its data; answers how many migrations were reverted. */
export async function removeModule(config: Config, url: string, name: string): Promise<number> {
  const dataSource = await new MigratingDataSource(migrationOptions(config, url)).initialize();
  try {
    return await underMigrationLock(dataSource, () => revertAll(dataSource, name));
  } finally {
    await dataSource.destroy();
  }
}

async function revertAll(dataSource: MigratingDataSource, name: string): Promise<number> {
  const inDatabase = await modulesInDatabase(dataSource);
  const names = inDatabase.get(name) ?? [];
  const parts = outsideParts.find((module) => module.name === name);
  const known = new Set(parts?.migrations?.map((migration) => migration.name));
  const unknown = names.filter((migration) => !known.has(migration));
  if (unknown.length > 0)
    throw new SchemaError(
      `The module '${name}' that is installed lacks the migrations ${unknown.join(', ')}. Install the version that made them.`,
    );
  for (const migration of names) await revert(dataSource, migration);
  await forgetModuleMigrations(dataSource);
  await forgetConsumers(dataSource, name);
  return names.length;
}

/** Its consumers would go on where they were, if it were added once more. */
async function forgetConsumers(dataSource: MigratingDataSource, module: string): Promise<void> {
  const [found] = await dataSource.query<{ there: boolean }[]>(
    `select to_regclass('consumer_position') is not null as there`,
  );
  if (found?.there !== true) return;
  await dataSource.query(`delete from consumer_position where split_part(consumer, '/', 1) = $1`, [module]);
}

async function revert(dataSource: MigratingDataSource, name: string): Promise<void> {
  const migration = dataSource.migrations.find(({ constructor }) => constructor.name === name);
  if (migration === undefined) throw new SchemaError(`There is no migration ${name}.`);
  await dataSource.inTransaction(async (runner) => {
    await migration.down(runner);
    await runner.query('delete from migrations where name = $1', [name]);
  });
}

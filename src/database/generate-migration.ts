import { getMetadataArgsStorage } from 'typeorm';
import type { Type } from '@nestjs/common';
import { parentKeyOf } from '../common/fields/entity-keys.js';
import { prefixOf } from '../common/module/extend-resource.js';
import type { ServiceModuleParts } from '../common/module/service-module.js';
import { commandLine } from '../config/command-line.js';
import type { Config } from '../config/config.js';
import { allParts, migrations, outsideParts } from '../schema.js';
import { migrationOptions } from './data-source.js';
import { migrationFile, type MigrationSteps, type Statement } from './migration-file.js';
import { MigratingDataSource } from './migrating-data-source.js';
import { SchemaError } from './schema-error.js';

/**
 * The migration that brings what is the module's, and nothing else, from the present state of the database to its
 * entities and attributes; undefined if there is nothing to do. The database has to be up to date otherwise.
 */
export async function generateMigration(
  config: Config,
  url: string,
  module: string,
  className: string,
): Promise<string | undefined> {
  const parts = allParts.find(({ name }) => name === module);
  if (parts === undefined)
    throw new SchemaError(`There is no module '${module}'. If it is a module of your own, name it in MODULES, too.`);
  const dataSource = await new MigratingDataSource(migrationOptions(config, url)).initialize();
  try {
    if (await dataSource.showMigrations())
      throw new SchemaError(
        `The database needs migrations. Run them first, with the same MODULES: ${commandLine('migration', 'run')}`,
      );
    const { upQueries, downQueries } = await dataSource.driver.createSchemaBuilder().log();
    const steps = stepsOf(parts, upQueries, downQueries.toReversed());
    if (steps.up.length === 0) return undefined;
    return migrationFile(className, outsideParts.includes(parts), steps);
  } finally {
    await dataSource.destroy();
  }
}

/** The number of a new migration: later than that of any loaded one, as they run in the order of these numbers. */
export function nextMoment(): number {
  return Math.max(Date.now(), ...migrations.map(({ name }) => Number(name.slice(-13)) + 1));
}

function stepsOf(parts: ServiceModuleParts, up: readonly Statement[], down: readonly Statement[]): MigrationSteps {
  const tables = (parts.entities ?? []).map(tableOf);
  const isOwn = ({ query, parameters = [] }: Statement): boolean => {
    if (query.includes('typeorm_metadata')) return isOwnColumn(parts, tables, parameters);
    const [, table = ''] = /(?:TABLE|ON|INDEX) "([^"]+)"/.exec(query.replace(/INDEX "[^"]+" ON/, 'INDEX ON')) ?? [];
    return tables.includes(table) || (addsTo(parts, table) && query.includes(`"${prefixOf(parts.name)}`));
  };
  const created = up.flatMap(({ query }) => /^CREATE TABLE "([^"]+)"/.exec(query)?.[1] ?? []);
  const indexes = up.filter(isOwn).flatMap(({ query }) => /^CREATE (?:UNIQUE )?INDEX ("[^"]+")/.exec(query)?.[1] ?? []);
  const counted = (parts.entities ?? []).filter((entity) => parentKeyOf(entity) === undefined).map(tableOf);
  return {
    up: up.filter(isOwn),
    down: down.filter((statement) => isOwn(statement) || drops(statement, indexes)),
    counted: counted.filter((table) => created.includes(table)),
  };
}

/** The way back from an index names no table. */
function drops({ query }: Statement, indexes: readonly string[]): boolean {
  return query.startsWith('DROP INDEX') && indexes.some((index) => query.includes(index));
}

/** TypeORM's notes of generated columns: database, schema, table, kind, column. */
function isOwnColumn(parts: ServiceModuleParts, tables: readonly string[], parameters: readonly unknown[]): boolean {
  const names = parameters.map(String);
  return names.some(
    (name) =>
      tables.includes(name) || (name.startsWith(prefixOf(parts.name)) && names.some((table) => addsTo(parts, table))),
  );
}

function addsTo(parts: ServiceModuleParts, table: string): boolean {
  return (parts.extends ?? []).some(({ resource }) => tableOf(resource) === table);
}

function tableOf(entity: Type): string {
  return getMetadataArgsStorage().filterTables(entity)[0]?.name ?? entity.name;
}

import type { Config } from '../config/config.js';
import { outsideParts } from '../schema.js';
import { migrationOptions } from './data-source.js';
import { MigratingDataSource } from './migrating-data-source.js';
import { modulesInDatabase } from './module-notes.js';

/** A line for each module from outside: is it loaded, and how many migrations does the database have of it. */
export async function moduleTable(config: Config, url: string): Promise<string> {
  const dataSource = await new MigratingDataSource(migrationOptions(config, url)).initialize();
  try {
    const inDatabase = await modulesInDatabase(dataSource);
    const loaded = outsideParts.map(({ name }) => name);
    const names = [...new Set([...loaded, ...inDatabase.keys()])];
    if (names.length === 0) return 'No module from outside.';
    const lines = names.map((name) => {
      const state = loaded.includes(name) ? 'loaded' : 'not loaded';
      return `${name}: ${state}, ${inDatabase.get(name)?.length ?? 0} migrations in the database`;
    });
    return lines.join('\n');
  } finally {
    await dataSource.destroy();
  }
}

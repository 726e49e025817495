import 'reflect-metadata';
import { loadConfig } from './src/config/config.js';
import { loadModules } from './src/modules/load-modules.js';

/** The DataSource of the TypeORM command line; `npm run migration:*` sets DATABASE_URL also for the embedded database. */
const config = loadConfig(process.env);
await loadModules(config.MODULES);
const { migrationOptions } = await import('./src/database/data-source.js');
const { MigratingDataSource } = await import('./src/database/migrating-data-source.js');

export default new MigratingDataSource(migrationOptions(config, config.DATABASE_URL ?? ''));

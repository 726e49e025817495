import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadConfig } from './src/config/config.js';
import { migrationOptions } from './src/database/data-source.js';

/** The DataSource of the TypeORM command line; `npm run migration:*` sets DATABASE_URL also for the embedded database. */
const config = loadConfig(process.env);

export default new DataSource(migrationOptions(config, config.DATABASE_URL ?? ''));

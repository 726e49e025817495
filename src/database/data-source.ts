import type { DataSourceOptions } from 'typeorm';
import type { Config } from '../config/config.js';
import { CITUS_SETTINGS } from './distributed/citus.js';
import { FairPool } from './fair-pool.js';
import * as schema from '../schema.js';
import { migrations as ownMigrations } from './migrations/index.js';
import { rowParsers } from './row-parsers.js';
import { ServiceClient } from './service-client.js';

/** All migrations: those of the database itself and of the first modules, then those that modules bring. */
export const migrations = [...ownMigrations, ...schema.migrations];

/** The options of TypeORM's that are for PostgreSQL. */
export type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** What the server needs to report a statement's timeout; one that is silent for longer than both has frozen. */
const REPORT_MS = 200;

/** How TypeORM, the service and its command lines reach the database at `url`. */
export function dataSourceOptions(config: Config, url: string): PostgresOptions {
  const settings = {
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    lock_timeout: config.DATABASE_LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
  };
  return {
    type: 'postgres',
    url,
    entities: [...schema.entities],
    migrations,
    migrationsTransactionMode: 'each',
    applicationName: 'crm-opportunity-service',
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMS: config.DATABASE_CONNECT_TIMEOUT_MS,
    installExtensions: false,
    logging: false,
    driver: { Pool: FairPool },
    extra: {
      Client: ServiceClient,
      mostWaiting: config.DATABASE_QUEUE_SIZE,
      workspaceConnections: config.DATABASE_WORKSPACE_CONNECTIONS,
      mostAnswerBytes: config.MAX_ANSWER_BYTES,
      prepareStatements: config.DATABASE_PREPARED_STATEMENTS,
      types: rowParsers,
      options: optionsOf(settings),
      statementTimeoutMillis: config.DATABASE_STATEMENT_TIMEOUT_MS,
      // A server that froze answers nothing, not even the timeout it was told to keep.
      silenceTimeoutMillis: config.DATABASE_STATEMENT_TIMEOUT_MS + REPORT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // Statements go out without waiting for the answers to those before them.
      pipeline: true,
    },
  };
}

/** Settings of a session, as a connection is made with them. */
function optionsOf(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** The same for migrations, which may take as long as they take: the limits of the service's own statements are not for them. */
export function migrationOptions(config: Config, url: string): PostgresOptions {
  const extra =
    config.DATABASE_DISTRIBUTED === undefined ? {} : { distributed: true, options: optionsOf(CITUS_SETTINGS) };
  return { ...dataSourceOptions(config, url), poolSize: 2, extra: { pipeline: true, ...extra } };
}

import type { DataSourceOptions } from 'typeorm';
import { HistoryEvent } from '../history/event.entity.js';
import { ApiKey } from '../auth/api-key.entity.js';
import { Workspace } from '../auth/workspace.entity.js';
import type { Config } from '../config/config.js';
import { OpportunityItem } from '../crm/opportunity-item/opportunity-item.entity.js';
import { OpportunityLostReasonDetail } from '../crm/opportunity-lost-reason-detail/opportunity-lost-reason-detail.entity.js';
import { Opportunity } from '../crm/opportunity/opportunity.entity.js';
import { IdempotencyKey } from '../idempotency/idempotency-key.entity.js';
import { FairPool } from './fair-pool.js';
import { migrations } from './migrations/index.js';
import { rowParsers } from './row-parsers.js';
import { ServiceClient } from './service-client.js';

/** Every entity of the service: what migrations are generated from and the schema is compared with. */
export const entities = [
  Workspace,
  ApiKey,
  IdempotencyKey,
  HistoryEvent,
  Opportunity,
  OpportunityItem,
  OpportunityLostReasonDetail,
];

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
    entities,
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
      options: Object.entries(settings)
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
      // A server that froze answers nothing, not even the timeout it was told to keep.
      silenceTimeoutMillis: config.DATABASE_STATEMENT_TIMEOUT_MS + REPORT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // Statements go out without waiting for the answers to those before them.
      pipeline: true,
    },
  };
}

/** The same for migrations, which may take as long as they take: the limits of the service's own statements are not for them. */
export function migrationOptions(config: Config, url: string): PostgresOptions {
  return { ...dataSourceOptions(config, url), poolSize: 2, extra: { pipeline: true } };
}

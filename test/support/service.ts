import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { readFileSync } from 'node:fs';
import 'reflect-metadata';
import { OperatorKeys, type NewKey } from '../../src/auth/operator-keys.js';
import { loadConfig, type Config } from '../../src/config/config.js';
import { prepareSchema } from '../../src/database/migrate.js';
import { outsideParts } from '../../src/schema.js';
import { createApp } from '../../src/server/create-app.js';
import { createLogger } from '../../src/server/logger.js';
import { Client } from './client.js';
import { cloneDatabase, type TestDatabase } from './database.js';
import { schemaCheck } from './schema-check.js';

/** The service of one test file: listening, on its own database, with a client for each of two workspaces. */
export interface Service {
  /** Reads and writes in workspace `default`. */
  api: Client;
  /** The same in another workspace. */
  other: Client;
  origin: string;
  app: NestFastifyApplication;
  database: TestDatabase;
  document: OpenAPIObject;
  /** A client with a new key. */
  clientWith: (key: Partial<NewKey>) => Promise<Client>;
  /** A client with any text as its key, or without one. */
  clientAs: (key: string | undefined) => Client;
  stop: () => Promise<void>;
}

/** A busy machine is no reason for a test to fail: those that are about a limit set it. */
const PATIENT = {
  LOG_LEVEL: 'silent',
  DATABASE_POOL_SIZE: '8',
  DATABASE_CONNECT_TIMEOUT_MS: '60000',
  DATABASE_STATEMENT_TIMEOUT_MS: '60000',
  DATABASE_LOCK_TIMEOUT_MS: '60000',
};

/** On a clone of the template, unless a test brings a database of its own. */
export async function startService(
  environment: Record<string, string> = {},
  existing?: TestDatabase,
): Promise<Service> {
  const database = existing ?? (await cloneDatabase());
  const config = loadConfig({ ...PATIENT, DATABASE_URL: database.url, ...environment });
  await addModules(config, database);
  const app = await createApp(config, database.url, createLogger(config));
  await app.listen(0, '127.0.0.1');
  const origin = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const document = await knownDocument(config, origin);
  const check = schemaCheck(document);
  const clientAs = (key: string | undefined): Client => new Client(origin, key, check);
  const clientWith = async (key: Partial<NewKey>): Promise<Client> => {
    const wanted: NewKey = { workspace: 'default', name: 'test', scopes: ['read', 'write'], mode: 'test', ...key };
    return clientAs((await app.get(OperatorKeys).create(wanted)).secret);
  };
  const stop = async (): Promise<void> => {
    await app.close();
    await database.drop();
  };
  const [api, other] = [await clientWith({}), await clientWith({ workspace: 'other' })];
  return { api, other, origin, app, database, document, clientWith, clientAs, stop };
}

/** A clone of the template with what the loaded modules keep: the database of a service that nobody has written to. */
export async function cloneWithModules(): Promise<TestDatabase> {
  const database = await cloneDatabase();
  await addModules(loadConfig({ DATABASE_URL: database.url }), database);
  return database;
}

/** The template has only what the service itself has. */
async function addModules(config: Config, { url }: TestDatabase): Promise<void> {
  if (outsideParts.length > 0) await prepareSchema(config, url);
}

/** The document that all test files share, unless modules or the configuration give the service another one. */
function knownDocument(config: Config, origin: string): Promise<OpenAPIObject> | OpenAPIObject {
  if (outsideParts.length > 0 || config.METRICS_TOKEN !== undefined) return documentOf(origin);
  return JSON.parse(readFileSync(process.env['TEST_DOCUMENT'] ?? '', 'utf8')) as OpenAPIObject;
}

/** As it is served. */
export async function documentOf(origin: string): Promise<OpenAPIObject> {
  const response = await fetch(`${origin}/openapi.json`, { headers: { 'accept-encoding': 'identity' } });
  return (await response.json()) as OpenAPIObject;
}

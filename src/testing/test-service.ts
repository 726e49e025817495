import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { randomBytes } from 'node:crypto';
import { OperatorKeys, type NewKey } from '../auth/operator-keys.js';
import { loadConfig, type Config } from '../config/config.js';
import { connect } from '../database/connect.js';
import { prepareSchema } from '../database/migrate.js';
import { createApp } from '../server/create-app.js';
import { createLogger } from '../server/logger.js';
import { createDocument } from '../server/openapi.js';
import { Client } from './client.js';
import { schemaCheck } from './schema-check.js';

/** A service for tests: listening, on a database of its own, with a client for each of two workspaces. */
export interface TestService {
  /** Reads and writes in workspace `default`. Each answer is held against the API document. */
  api: Client;
  /** The same in another workspace. */
  other: Client;
  origin: string;
  app: NestFastifyApplication;
  document: OpenAPIObject;
  /** A client with a new key, for example `clientWith({ scopes: ['read'] })`. */
  clientWith: (key: Partial<NewKey>) => Promise<Client>;
  /** Runs SQL beside the service. */
  query: <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>;
  stop: () => Promise<void>;
}

/** A PostgreSQL for the tests of this process. */
interface Postgres {
  url: string;
  stop: () => Promise<void>;
}

/** The same with the migrated database that each service clones. */
interface TestServer extends Postgres {
  template: string;
}

let server: Promise<TestServer> | undefined;
/** How many services use it, those included that are starting. */
let services = 0;

/** Starts a service on a clone of the migrated database. `startServer` starts PostgreSQL, for the first service only. */
export async function startOn(
  startServer: () => Promise<Postgres>,
  environment: Record<string, string>,
): Promise<TestService> {
  services += 1;
  server ??= prepareServer(startServer);
  const name = `crm_test_${randomBytes(6).toString('hex')}`;
  try {
    const { url, template } = await server;
    await run(url, `create database ${name} template ${template}`);
    const databaseUrl = databaseAt(url, name);
    const config = loadConfig({ LOG_LEVEL: 'silent', ...environment, DATABASE_URL: databaseUrl });
    const service = await listen(config, databaseUrl);
    const stop = async (): Promise<void> => {
      await service.app.close();
      await release(name);
    };
    return { ...service, stop };
  } catch (error) {
    // A test runner waits for a PostgreSQL that goes on.
    await release(name);
    throw error;
  }
}

async function prepareServer(startServer: () => Promise<Postgres>): Promise<TestServer> {
  const { url, stop } = await startServer();
  const template = `crm_template_${randomBytes(6).toString('hex')}`;
  try {
    await run(url, `create database ${template}`);
    await prepareSchema(loadConfig({}), databaseAt(url, template));
    return { url, template, stop };
  } catch (error) {
    await run(url, `drop database if exists ${template} with (force)`);
    await stop();
    throw error;
  }
}

/** The last service to end takes PostgreSQL along. */
async function release(name: string): Promise<void> {
  const running = await server?.catch(() => undefined);
  if (running !== undefined) await run(running.url, `drop database if exists ${name} with (force)`);
  services -= 1;
  if (services > 0) return;
  server = undefined;
  if (running === undefined) return;
  await run(running.url, `drop database ${running.template} with (force)`);
  await running.stop();
}

async function listen(config: Config, url: string): Promise<Omit<TestService, 'stop'>> {
  const app = await createApp(config, url, createLogger(config));
  await app.listen(0, '127.0.0.1');
  const origin = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const document = createDocument(app);
  const check = schemaCheck(document);
  const clientWith = async (key: Partial<NewKey>): Promise<Client> => {
    const wanted: NewKey = { workspace: 'default', name: 'test', scopes: ['read', 'write'], mode: 'test', ...key };
    return new Client(origin, (await app.get(OperatorKeys).create(wanted)).secret, check);
  };
  const query = <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
    run<Row>(url, text, values);
  const [api, other] = [await clientWith({}), await clientWith({ workspace: 'other' })];
  return { api, other, origin, app, document, clientWith, query };
}

async function run<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = await connect(url);
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

function databaseAt(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

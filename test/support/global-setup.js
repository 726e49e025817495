import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/*
 * One PostgreSQL for the whole run, the embedded one unless TEST_DATABASE_URL names another; one migrated template, which
 * every test file clones; and the API document, which takes most of a second to make. Written in JavaScript on the built service, as Jest loads it outside of its own modules.
 */

/** Speed over safety: nothing of a test run has to survive a crash of the machine. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };

export default async function globalSetup() {
  await import('reflect-metadata');
  const { loadConfig } = await import('../../dist/src/config/config.js');
  const { prepareSchema } = await import('../../dist/src/database/migrate.js');
  const server = process.env.TEST_DATABASE_URL ? undefined : await startServer();
  const url = process.env.TEST_DATABASE_URL ?? server.superuserUrl;
  const serviceUrl = process.env.TEST_DATABASE_URL ?? server.url;
  const template = `crm_template_${process.pid}`;
  await query(url, `create database ${template} owner ${new URL(serviceUrl).username}`);
  await prepareSchema(loadConfig({}), withDatabase(serviceUrl, template));
  process.env.TEST_SERVER_URL = url;
  process.env.TEST_SERVICE_URL = serviceUrl;
  process.env.TEST_TEMPLATE = template;
  const documents = await mkdtemp(join(tmpdir(), 'crm-document-'));
  process.env.TEST_DOCUMENT = join(documents, 'openapi.json');
  await writeFile(process.env.TEST_DOCUMENT, JSON.stringify(await makeDocument(loadConfig({}))));
  globalThis.stopTestDatabase = async () => {
    await query(url, `drop database ${template} with (force)`);
    await server?.stop();
    await rm(documents, { recursive: true, force: true });
  };
}

async function makeDocument(config) {
  const { NestFactory } = await import('@nestjs/core');
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const { AppModule } = await import('../../dist/src/app.module.js');
  const { createDocument } = await import('../../dist/src/server/openapi.js');
  const app = await NestFactory.create(AppModule.forRoot(config, ''), new FastifyAdapter(), {
    preview: true,
    logger: false,
  });
  return createDocument(app);
}

async function startServer() {
  const { startEmbeddedPostgres } = await import('../../dist/src/database/embedded/embedded-postgres.js');
  const dataDir = await mkdtemp(join(tmpdir(), 'crm-test-'));
  const server = await startEmbeddedPostgres({ dataDir, log: () => {}, settings: SETTINGS });
  const stop = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { url: server.url, superuserUrl: server.superuserUrl, stop };
}

async function query(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}

function withDatabase(url, database) {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import 'reflect-metadata';
import { AppModule } from '../../src/app.module.js';
import { loadConfig, type Config } from '../../src/config/config.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { prepareSchema } from '../../src/database/migrate.js';
import { createDocument } from '../../src/server/openapi.js';

/*
 * One PostgreSQL for the whole run, the embedded one unless TEST_DATABASE_URL names another; one migrated template, which
 * every test file clones; and the API document, which takes most of a second to make.
 */

/** Speed over safety: nothing of a test run has to survive a crash of the machine. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };

/** Starts all of it, and answers how to end it. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL'];
  const server = given === undefined ? await startServer() : undefined;
  const url = server?.superuserUrl ?? given ?? '';
  const serviceUrl = server?.url ?? url;
  const template = `crm_template_${process.pid}`;
  await query(url, `create database ${template} owner ${new URL(serviceUrl).username}`);
  await prepareSchema(loadConfig({}), withDatabase(serviceUrl, template));
  const documents = await mkdtemp(join(tmpdir(), 'crm-document-'));
  const document = join(documents, 'openapi.json');
  await writeFile(document, JSON.stringify(await makeDocument(loadConfig({}))));
  Object.assign(process.env, {
    TEST_SERVER_URL: url,
    TEST_SERVICE_URL: serviceUrl,
    TEST_TEMPLATE: template,
    TEST_DOCUMENT: document,
  });
  return async () => {
    await query(url, `drop database ${template} with (force)`);
    await server?.stop();
    await rm(documents, { recursive: true, force: true });
  };
}

async function makeDocument(config: Config): Promise<OpenAPIObject> {
  const options = { preview: true, logger: false } as const;
  return createDocument(await NestFactory.create(AppModule.forRoot(config, ''), new FastifyAdapter(), options));
}

async function startServer(): Promise<EmbeddedPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'crm-test-'));
  const server = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: SETTINGS });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...server, stop };
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import type { Call } from '../common/call/call.js';
import { ApiException } from '../common/errors/api.exception.js';
import { check } from '../common/body/check.js';
import { loadConfig, type Config } from '../config/config.js';
import { withDatabase } from '../database/with-database.js';
import { loadModules } from '../modules/load-modules.js';
import { runCommand } from './command.js';

const USAGE = `Usage: npm run --silent pipelines -- create --workspace <name> '{"template": "erpnext"}'
  create   makes a pipeline like POST /api/crm/pipeline, for any number of deals
The JSON is the body of that request. While the command runs, writes to the deals of this workspace get 503; reads go on.
Works on the database at DATABASE_URL, or else on the embedded one in DATA_DIR.`;

const WORKSPACE = 'select id from workspace where name = $1';

async function create(config: Config, url: string, workspace: string, body: object): Promise<string> {
  const { prepareSchema } = await import('../database/migrate.js');
  const { pipelinesOn } = await import('./context/pipelines.module.js');
  const { CreatePipeline, PipelineQuery } = await import('../crm/pipeline/pipeline.dto.js');
  const { PipelineService } = await import('../crm/pipeline/pipeline.service.js');
  await prepareSchema(config, url);
  const app = await NestFactory.create(pipelinesOn(config, url), new FastifyAdapter(), { logger: ['error'] });
  try {
    await app.init();
    const { manager } = app.get(DataSource);
    const [found] = await manager.query<{ id: string }[]>(WORKSPACE, [workspace]);
    if (found === undefined) throw new Error(`There is no workspace '${workspace}'.`);
    const { value, errors } = check(CreatePipeline, body);
    errors.refuse();
    const call: Call = { workspaceId: found.id, keyId: '', requestId: '', manager };
    const { id, name } = await app.get(PipelineService).create(call, value, PipelineQuery.read({}).value);
    return `Made the pipeline '${name}', ${id}.`;
  } catch (error) {
    throw error instanceof ApiException ? new Error(error.fault.message) : error;
  } finally {
    await app.close();
  }
}

function bodyOf(text: string): object {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // It says below what is wanted.
  }
  throw new Error(`The body must be a JSON object, not ${text}`);
}

await runCommand(async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { workspace: { type: 'string' } } });
  const [command, text, ...rest] = positionals;
  const { workspace } = values;
  if (command !== 'create' || workspace === undefined || text === undefined || rest.length > 0) throw new Error(USAGE);
  const config = loadConfig(process.env);
  await loadModules(config.MODULES);
  return withDatabase(config, (url) => create(config, url, workspace, bodyOf(text)));
});

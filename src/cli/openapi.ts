import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { writeFile } from 'node:fs/promises';
import { loadConfig } from '../config/config.js';
import { loadModules } from '../modules/load-modules.js';
import { runCommand } from './command.js';

/** Writes `openapi.json`. Nothing is instantiated and no database asked: the document follows from the decorators alone. */
await runCommand(async () => {
  await loadModules(loadConfig(process.env).MODULES);
  const { AppModule } = await import('../app.module.js');
  const { createDocument } = await import('../server/openapi.js');
  const app = await NestFactory.create(AppModule.forRoot(loadConfig({}), ''), new FastifyAdapter(), {
    preview: true,
    logger: false,
  });
  await writeFile('openapi.json', `${JSON.stringify(createDocument(app), undefined, 2)}\n`);
  return undefined;
});
process.exit();

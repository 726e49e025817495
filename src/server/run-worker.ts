import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/config.js';
import { createApp } from './create-app.js';
import { stopGracefully } from './graceful-stop.js';
import { createLogger } from './logger.js';
import { sayFailure } from './say.js';
import { DATABASE, END, FINISHED, STOP } from './worker-pool.js';

/**
 * One of the processes of WEB_CONCURRENCY: only serves, on the database that the primary process has prepared. It ends
 * with what is in flight when it is told to, and at once when the primary is gone, as node:cluster sees to.
 */
export async function runWorker(config: Config): Promise<void> {
  // When to stop is for the primary to say; these reach every process when they come from a terminal or a supervisor.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  const app = await createApp(config, process.env[DATABASE] ?? '', createLogger(config));
  // Before it listens, as the primary says nothing until then.
  process.on('message', (message) => {
    if (message === STOP) void finish(app, config);
    if (message === END) process.exit(0);
  });
  await app.listen({ port: config.PORT, host: config.HOST });
}

async function finish(app: NestFastifyApplication, config: Config): Promise<void> {
  try {
    await stopGracefully(app, config);
    process.send?.(FINISHED);
  } catch (error) {
    sayFailure(config, error);
    process.exit(1);
  }
}

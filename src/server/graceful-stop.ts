import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/config.js';
import { Shutdown } from '../health/shutdown.js';
import { STOPPING } from './let-go-of-connections.js';

/**
 * Ends an application so that nobody loses a request: it is not ready any more, then takes no new connections, answers
 * what is under way, cuts what takes too long, and lets go of the database.
 */
export async function stopGracefully(app: NestFastifyApplication, config: Config): Promise<void> {
  app.get(Shutdown).begin();
  const server = app.getHttpServer();
  server.emit(STOPPING);
  if (config.SHUTDOWN_DELAY_MS > 0) await delay(config.SHUTDOWN_DELAY_MS);
  const cut = setTimeout(() => {
    server.closeAllConnections();
  }, config.SHUTDOWN_TIMEOUT_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}

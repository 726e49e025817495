import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { ApiKeyService } from '../auth/api-key.service.js';
import type { Config } from '../config/config.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../database/embedded/embedded-postgres.js';
import { prepareSchema } from '../database/migrate.js';
import { createApp } from './create-app.js';
import { firstKey } from './first-key.js';
import { createLogger } from './logger.js';
import { welcome } from './welcome.js';

/** A reason not to start that the person who started the service can mend. */
export class StartError extends Error {}

/** Starts the service: port, database, schema, keys, HTTP, in this order; then serves until a signal ends it. */
export async function runService(config: Config): Promise<void> {
  await requireFreePort(config);
  const embedded = config.DATABASE_URL === undefined ? await startDatabase(config) : undefined;
  try {
    await serve(config, embedded);
  } catch (error) {
    await embedded?.stop();
    throw new StartError(explain(error));
  }
}

async function serve(config: Config, embedded: EmbeddedPostgres | undefined): Promise<void> {
  const url = config.DATABASE_URL ?? embedded?.url ?? '';
  await prepareSchema(config, url);
  const app = await createApp(config, url, createLogger(config));
  const keys = app.get(ApiKeyService);
  if (config.BOOTSTRAP_API_KEY !== undefined) await keys.bootstrap(config.BOOTSTRAP_API_KEY);
  const key = config.BOOTSTRAP_API_KEY ?? (embedded && (await firstKey(config.DATA_DIR, keys)));
  await app.listen({ port: config.PORT, host: config.HOST });
  stopOnSignal(app, embedded);
  console.log(welcome(config, key));
}

async function startDatabase(config: Config): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres({
      dataDir: config.DATA_DIR,
      log: (message) => {
        console.log(message);
      },
    });
  } catch (error) {
    throw new StartError(explain(error));
  }
}

/** Before anything else is touched: a second copy should not get as far as the database. */
async function requireFreePort({ PORT, HOST }: Config): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(PORT, HOST);
    await once(probe, 'listening');
    probe.close();
    await once(probe, 'close');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(
        `PORT ${PORT} is in use on ${HOST}. Set PORT to a free one, as in: PORT=${PORT + 1} npm start`,
      );
    if (code === 'EACCES')
      throw new StartError(`PORT ${PORT} may not be used by this user. Set PORT to one above 1023.`);
    throw new StartError(`Cannot listen on HOST ${HOST}, PORT ${PORT}: ${explain(error)}`);
  }
}

/** First signal: no new connections, finish what is in flight, stop the database, exit 0. Second signal: exit at once. */
function stopOnSignal(app: NestFastifyApplication, embedded: EmbeddedPostgres | undefined): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    void app
      .close()
      .then(() => embedded?.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(explain(error));
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function explain(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}

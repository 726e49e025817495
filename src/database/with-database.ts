import type { Config } from '../config/config.js';
import { runningEmbeddedUrl, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.js';

/**
 * Runs a command against the configured database: the one at DATABASE_URL, else the embedded one, which is started for
 * the time of the command unless the service has it running.
 */
export async function withDatabase<T>(config: Config, command: (url: string) => Promise<T>): Promise<T> {
  const url = config.DATABASE_URL ?? (await runningEmbeddedUrl(config.DATA_DIR));
  if (url !== undefined) return command(url);
  const embedded = await startEmbeddedPostgres({
    dataDir: config.DATA_DIR,
    log: (message) => {
      console.error(message);
    },
  });
  try {
    return await command(embedded.url);
  } finally {
    await embedded.stop();
  }
}

import cluster from 'node:cluster';
import { ConfigError, type Config } from '../config/config.js';
import { ModuleError } from '../modules/module-error.js';
import { requireFreePort } from './free-port.js';
import { sayFailure } from './say.js';
import { StartError } from './start-error.js';

/** Prepares and runs the service, or one of its workers; ends the process with a sentence if it cannot start. */
export async function runOrExplain(environment: NodeJS.ProcessEnv, prepare: () => Promise<Config>): Promise<void> {
  try {
    const config = await prepare();
    // The rest is loaded only now: it takes seconds, and its bodies and statements are made of entities, which the modules
    // that were just loaded extend.
    if (cluster.isWorker) {
      const { runWorker } = await import('./run-worker.js');
      await runWorker(config);
    } else {
      await requireFreePort(config);
      const { runService } = await import('./run-service.js');
      await runService(config);
    }
  } catch (error) {
    const expected = [ConfigError, ModuleError, StartError].some((kind) => error instanceof kind);
    // A configuration that is not valid may still say how to log.
    const LOG_FORMAT = environment['LOG_FORMAT'] === 'json' ? 'json' : 'pretty';
    sayFailure({ LOG_FORMAT }, expected ? (error as Error).message : error);
    process.exit(1);
  }
}

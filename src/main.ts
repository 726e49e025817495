import 'reflect-metadata';
import cluster from 'node:cluster';
import { ConfigError, loadConfig } from './config/config.js';
import { loadEnvFile } from './config/env-file.js';
import { requireFreePort } from './server/free-port.js';
import { sayFailure } from './server/say.js';
import { StartError } from './server/start-error.js';

// All else takes seconds to load, so it is loaded when nothing is wrong with the configuration and the port.
try {
  loadEnvFile();
  const config = loadConfig(process.env);
  if (cluster.isWorker) {
    const { runWorker } = await import('./server/run-worker.js');
    await runWorker(config);
  } else {
    await requireFreePort(config);
    const { runService } = await import('./server/run-service.js');
    await runService(config);
  }
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof StartError;
  // A configuration that is not valid may still say how to log.
  const LOG_FORMAT = process.env['LOG_FORMAT'] === 'json' ? 'json' : 'pretty';
  sayFailure({ LOG_FORMAT }, expected ? error.message : error);
  process.exit(1);
}

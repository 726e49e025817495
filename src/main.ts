import 'reflect-metadata';
import cluster from 'node:cluster';
import { ConfigError, loadConfig } from './config/config.js';
import { loadEnvFile } from './config/env-file.js';
import { runService, StartError } from './server/run-service.js';
import { runWorker } from './server/run-worker.js';
import { sayFailure } from './server/say.js';

try {
  loadEnvFile();
  const config = loadConfig(process.env);
  await (cluster.isWorker ? runWorker(config) : runService(config));
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof StartError;
  // A configuration that is not valid may still say how to log.
  const LOG_FORMAT = process.env['LOG_FORMAT'] === 'json' ? 'json' : 'pretty';
  sayFailure({ LOG_FORMAT }, expected ? error.message : error);
  process.exit(1);
}

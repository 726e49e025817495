import 'reflect-metadata';
import cluster from 'node:cluster';
import { ConfigError, loadConfig } from './config/config.js';
import { loadEnvFile } from './config/env-file.js';
import { runService, StartError } from './server/run-service.js';
import { runWorker } from './server/run-worker.js';

try {
  loadEnvFile();
  const config = loadConfig(process.env);
  await (cluster.isWorker ? runWorker(config) : runService(config));
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof StartError;
  console.error(expected ? error.message : error);
  process.exit(1);
}

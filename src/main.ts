import 'reflect-metadata';
import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import { ConfigError, loadConfig } from './config/config.js';
import { loadEnvFile } from './config/env-file.js';
import { runService, StartError } from './server/run-service.js';
import { runWorker } from './server/run-worker.js';

// Requests leave little garbage each: four threads that wake up for it cost more than they help, a tenth of the CPU.
setFlagsFromString('--no-parallel-scavenge');
// Nor is there much that stays: left to itself, the heap grows to four times of it before anyone cleans up.
setFlagsFromString('--heap-growing-percent=20');

try {
  loadEnvFile();
  const config = loadConfig(process.env);
  await (cluster.isWorker ? runWorker(config) : runService(config));
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof StartError;
  console.error(expected ? error.message : error);
  process.exit(1);
}

import 'reflect-metadata';
import { ConfigError, loadConfig } from './config/config.js';
import { loadEnvFile } from './config/env-file.js';
import { runService, StartError } from './server/run-service.js';

try {
  loadEnvFile();
  await runService(loadConfig(process.env));
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof StartError;
  console.error(expected ? error.message : error);
  process.exit(1);
}

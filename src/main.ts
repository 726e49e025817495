import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { ConfigError, loadConfig } from './config/config.js';
import { runService, StartError } from './server/run-service.js';

if (existsSync('.env')) process.loadEnvFile('.env');

try {
  await runService(loadConfig(process.env));
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof StartError;
  console.error(expected ? error.message : error);
  process.exit(1);
}

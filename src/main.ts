import 'reflect-metadata';
import { loadEnvFile } from './config/env-file.js';
import { loadConfig } from './config/config.js';
import { loadModules } from './modules/load-modules.js';
import { runOrExplain } from './server/run-or-explain.js';

await runOrExplain(process.env, async () => {
  loadEnvFile();
  const config = loadConfig(process.env);
  await loadModules(config.MODULES);
  return config;
});

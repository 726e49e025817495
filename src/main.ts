import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { loadEnvFile } from './config/env-file.js';
import { loadConfig } from './config/config.js';
import { loadModules } from './modules/load-modules.js';
import { runOrExplain } from './server/run-or-explain.js';

// V8 would take what many requests make for long-lived, and keep all requests for long (decision 4).
setFlagsFromString('--no-allocation-site-pretenuring');

await runOrExplain(process.env, async () => {
  loadEnvFile();
  const config = loadConfig(process.env);
  await loadModules(config.MODULES);
  return config;
});

import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { loadConfig } from './config/config.js';
import { loadEnvFile } from './config/env-file.js';
import { loadModules } from './modules/load-modules.js';
import { registerModules } from './modules/registry.js';
import { runOrExplain } from './server/run-or-explain.js';

export interface ServiceOptions {
  /** Modules of your own, beside those that MODULES names. */
  modules?: readonly Type[];
  /** Instead of the variables of the process. */
  environment?: NodeJS.ProcessEnv;
}

/** A service that is composed, and not yet started. */
export interface ComposedService {
  /** Starts it, and serves until a signal ends it. A failure to start is told in a sentence and ends the process. */
  start: () => Promise<void>;
}

/** Composes the service with modules of your own. Import nothing else of the service that is made of its resources before. */
export function createService({ modules = [], environment = process.env }: ServiceOptions = {}): ComposedService {
  const prepare = async (): Promise<ReturnType<typeof loadConfig>> => {
    if (environment === process.env) loadEnvFile();
    const config = loadConfig(environment);
    registerModules(modules);
    await loadModules(config.MODULES);
    return config;
  };
  return { start: () => runOrExplain(environment, prepare) };
}

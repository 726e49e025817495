import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.js';
import { registerModules } from '../modules/registry.js';
import type { TestService } from './test-service.js';

/* For the tests of modules, with any test runner. It needs the packages ajv and ajv-formats. */

export type { Answer, Client, RequestOptions } from './client.js';
export type { TestService } from './test-service.js';

export interface TestOptions {
  modules: readonly Type[];
  /** Variables of the service, as in `{ MAX_CHILDREN: '10' }`. */
  environment?: Record<string, string>;
}

/** Nothing of a test has to survive a crash of the machine. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts the service with modules on a database of its own, in the PostgreSQL that TEST_DATABASE_URL names, else in an
 * embedded one that all services of the process share.
 */
export async function startTestService({ modules, environment = {} }: TestOptions): Promise<TestService> {
  registerModules(modules);
  const { startOn } = await import('./test-service.js');
  return startOn(startServer, environment);
}

/**
 * Holds every operation of what is loaded against what all operations promise: workspaces, keys and scopes, idempotency
 * keys, the examples of the document, and workspaces in every key. Throws an error that lists what is broken.
 */
export async function conformance(service: TestService): Promise<void> {
  const { findingsOf } = await import('./conformance.js');
  const findings = await findingsOf(service);
  if (findings.length > 0) throw new Error(`The service breaks ${findings.length} promises:\n${findings.join('\n')}`);
}

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const { TEST_DATABASE_URL: url } = process.env;
  if (url !== undefined) return { url, stop: () => Promise.resolve() };
  const dataDir = await mkdtemp(join(tmpdir(), 'crm-test-'));
  const server = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: FAST });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { url: server.superuserUrl, stop };
}

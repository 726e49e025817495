import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** These give modules to the service before it is loaded. */
const MODULES = ['test/*module*.e2e-spec.ts', 'test/after-commit.e2e-spec.ts', 'test/create-service.e2e-spec.ts'];

// With TEST_REDIS, the tests of a real Redis alone: a machine with nothing but Node.js has none.
const FILES = process.env['TEST_REDIS'] ? ['test/*.drill-spec.ts'] : ['src/**/*.spec.ts', 'test/*.e2e-spec.ts'];

// With TEST_MODULES, every test file runs with the module that is kept among the fixtures.
const withModule = Boolean(process.env['TEST_MODULES']);

const common = {
  globals: true,
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 60_000,
  setupFiles: withModule ? ['test/support/load-modules.ts'] : [],
} as const;

/** The modules among the fixtures import the package by its name. */
const resolve = {
  alias: Object.entries({
    '': 'index',
    '/kit': 'common/index',
    '/opportunity': 'crm/opportunity/index',
    '/migrations': 'common/migrations/index',
    '/testing': 'testing/index',
  }).map(([name, file]) => ({
    find: new RegExp(`^crm-opportunity-service${name}$`),
    replacement: `${import.meta.dirname}/src/${file}.ts`,
  })),
};

export default defineConfig({
  test: {
    globalSetup: 'test/support/global-setup.ts',
    // More than a small machine has processors, as tests wait for others; at most eight, for the connections of PostgreSQL.
    maxWorkers: Math.min(8, Math.max(3, availableParallelism() - 1)),
    projects: [
      // A process loads the service once, for all the files that it tests.
      { resolve, test: { ...common, name: 'service', include: FILES, exclude: MODULES, isolate: withModule } },
      { resolve, test: { ...common, name: 'modules', include: process.env['TEST_REDIS'] ? [] : MODULES } },
    ],
  },
});

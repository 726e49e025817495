import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** These give modules to the service before it is loaded. */
const MODULES = ['test/*module*.e2e-spec.ts', 'test/after-commit.e2e-spec.ts', 'test/create-service.e2e-spec.ts'];

/** These open pages in a browser. */
const BROWSER = ['test/app-page*.e2e-spec.ts', 'test/swagger-ui.e2e-spec.ts'];

const OTHERS = ['src/**/*.spec.ts', 'test/*.e2e-spec.ts'];

/** These need a real Redis, which a machine with nothing but Node.js does not have. */
const REDIS = ['test/*.drill-spec.ts'];

// With TEST_MODULES, every test file runs with the module that is kept among the fixtures.
const setupFiles = process.env['TEST_MODULES'] ? ['test/support/load-modules.ts'] : [];

/** The modules among the fixtures import the package by its name. */
const resolve = {
  alias: Object.entries({
    '': 'index',
    '/kit': 'common/index',
    '/opportunity': 'crm/opportunity/index',
    '/migrations': 'common/module/migrations',
    '/testing': 'testing/index',
  }).map(([name, file]) => ({
    find: new RegExp(`^crm-opportunity-service${name}$`),
    replacement: `${import.meta.dirname}/src/${file}.ts`,
  })),
};

export default defineConfig({
  test: {
    // The second run starts in half the time of the first one.
    experimental: { fsModuleCache: true },
    globalSetup: 'test/support/global-setup.ts',
    // More than a small machine has processors, as tests wait for others; at most eight, for the connections of PostgreSQL.
    maxWorkers: Math.min(8, Math.max(3, availableParallelism() - 1)),
    projects: process.env['TEST_REDIS']
      ? [projectOf('redis', REDIS)]
      : [
          projectOf('service', OTHERS, [...MODULES, ...BROWSER]),
          projectOf('browser', BROWSER),
          projectOf('modules', MODULES, [], true),
        ],
  },
});

/** A process loads the service once for all the files that it tests, unless each of them is isolated. */
function projectOf(
  name: string,
  include: string[],
  exclude: string[] = [],
  isolate = false,
): TestProjectInlineConfiguration {
  return {
    resolve,
    test: {
      name,
      include,
      exclude,
      isolate,
      setupFiles,
      globals: true,
      pool: 'forks',
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  };
}

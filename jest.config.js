import { availableParallelism } from 'node:os';

/** What `nest build` gives swc through .swcrc, but with source maps for stack traces. */
const swc = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2022',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};

// Two files at a time even on two cores, as tests wait for PostgreSQL and processes; eight at most, for its connections.
const maxWorkers = Math.min(8, Math.max(2, availableParallelism() - 1));

export default {
  maxWorkers,
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  // A test among the fixtures is run where its module is, by the drill `recipe`.
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts', '!**/test/fixtures/**'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // What a module from outside imports, for the one among the fixtures.
    '^crm-opportunity-service$': '<rootDir>/src/index.ts',
    '^crm-opportunity-service/kit$': '<rootDir>/src/common/index.ts',
    '^crm-opportunity-service/opportunity$': '<rootDir>/src/crm/opportunity/index.ts',
    '^crm-opportunity-service/migrations$': '<rootDir>/src/common/migrations/index.ts',
    '^crm-opportunity-service/testing$': '<rootDir>/src/testing/index.ts',
  },
  // With TEST_MODULES set, every test file runs with the module that is kept among the fixtures.
  setupFiles: process.env.TEST_MODULES ? ['<rootDir>/test/support/load-modules.ts'] : [],
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  testTimeout: 60_000,
};

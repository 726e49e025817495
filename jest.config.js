import { availableParallelism } from 'node:os';

/** What tsconfig.json says to swc, for the tests that Jest transforms itself. */
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

/** They give modules to the service, which a process does once. */
const GIVING_MODULES = ['test/modules', 'test/module-failures', 'test/after-commit'];

const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  // With TEST_MODULES set, every test file runs with the module that is kept among the fixtures.
  setupFiles: process.env.TEST_MODULES ? ['<rootDir>/test/support/load-modules.ts'] : [],
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  extensionsToTreatAsEsm: ['.ts'],
};

/** Test files run in plain Node, one after the other in each process, which loads the service once: half the time. */
const plain = {
  ...common,
  displayName: 'plain',
  runner: 'jest-light-runner/child-process',
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts', ...GIVING_MODULES.map((name) => `!**/${name}.e2e-spec.ts`)],
};

/** Each file loads a service of its own. */
const isolated = {
  ...common,
  displayName: 'isolated',
  testMatch: GIVING_MODULES.map((name) => `<rootDir>/${name}.e2e-spec.ts`),
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
};

export default { maxWorkers, testTimeout: 60_000, projects: [plain, isolated] };

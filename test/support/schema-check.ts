export * from '../../src/testing/schema-check.js';

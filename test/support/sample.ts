export * from '../../src/testing/sample.js';

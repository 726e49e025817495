import 'reflect-metadata';
import { registerModules } from '../../src/modules/registry.js';
import { AcmeTickets } from '../fixtures/acme-tickets/src/index.js';

/* Before each test file of a run with TEST_MODULES: the service then has the module that is kept among the fixtures. */

registerModules([AcmeTickets]);

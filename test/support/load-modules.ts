import 'reflect-metadata';
import { registerModules } from '../../src/modules/registry.js';
import { AcmeTickets } from '../fixtures/acme-tickets/src/index.js';

/* Before each test file of a run with TEST_MODULES: the service then has the module that is kept among the fixtures. */

const shared = globalThis as { hasAcmeTickets?: true };

// A process loads the service once, for all the files that it tests.
if (shared.hasAcmeTickets !== true) registerModules([AcmeTickets]);
shared.hasAcmeTickets = true;

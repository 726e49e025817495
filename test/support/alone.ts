/*
 * Tests of the service without any module, such as of its published document and its number of statements, or of a process
 * of its own that does not load the module: with TEST_MODULES they are skipped, as they would be about something else.
 */

const hasModules = Boolean(process.env['TEST_MODULES']);

export const itAlone = it.skipIf(hasModules);

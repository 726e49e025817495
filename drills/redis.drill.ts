import type { Drill, Outcome } from './drill.js';
import { failureIn } from './support/tree-copy.js';

/** The tests of a real Redis, which `npm test` leaves out: a machine with nothing but Node.js has none. */
export const drill: Drill = {
  promise: 'Processes that share a Redis count together, and go on by themselves while it is away',
  async run(): Promise<Outcome> {
    const failure = await failureIn('.', 'TEST_REDIS=yes npx vitest run');
    const passed = failure === undefined;
    return { passed, figure: passed ? 'all tests passed' : 'a test failed', failures: passed ? [] : [failure] };
  },
};

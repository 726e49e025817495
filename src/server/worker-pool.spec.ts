import { pauseAfter } from './worker-pool.js';

it('starts another worker at once, but ever later while they keep ending soon after their start', () => {
  expect([0, 1, 2, 3, 4].map(pauseAfter)).toEqual([0, 100, 200, 400, 800]);
  expect([9, 10, 20, 2000].map(pauseAfter)).toEqual([25_600, 30_000, 30_000, 30_000]);
});

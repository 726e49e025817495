import { Progress } from './progress.js';

const LIMIT = 5000;

function progress(...samples: [at: number, position: number][]): Progress {
  const made = new Progress(LIMIT);
  for (const [at, position] of samples) made.note(at, position);
  return made;
}

it('takes a replica that has everything for as old as the last look at the primary', () => {
  expect(progress([1000, 70], [2000, 80]).freshUntil(80)).toBe(2000 + LIMIT);
  expect(progress([1000, 70], [2000, 80]).freshUntil(85)).toBe(2000 + LIMIT);
});

it('takes one that lacks something for as old as the moment from which on it lacks it', () => {
  expect(progress([1000, 70], [2000, 80], [3000, 90]).freshUntil(75)).toBe(1000 + LIMIT);
});

it('does not take a primary at rest for a replica that is behind', () => {
  expect(progress([1000, 70], [2000, 70], [60_000, 70]).freshUntil(70)).toBe(60_000 + LIMIT);
});

it('knows nothing of a replica that is further behind than the limit, or before the first look', () => {
  expect(progress([1000, 70], [3000, 80], [7000, 90]).freshUntil(70)).toBe(0);
  expect(progress([1000, 70], [3000, 80], [7000, 90]).freshUntil(80)).toBe(3000 + LIMIT);
  expect(progress([1000, 70]).freshUntil(60)).toBe(0);
  expect(progress().freshUntil(60)).toBe(0);
});

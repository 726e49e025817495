import { PreparedStatements } from './prepared-statements.js';

const MOST_KEPT = 500;

let forgotten: string[];
let statements: PreparedStatements;
beforeEach(() => {
  forgotten = [];
  statements = new PreparedStatements(({ name }) => forgotten.push(name));
});

function use(text: string, times: number): string | undefined {
  let name: string | undefined;
  for (let time = 0; time < times; time++) name = statements.use(text)?.name;
  return name;
}

it('prepares a text at its second use, and always under the same name', () => {
  expect(use('select $1', 1)).toBeUndefined();
  const name = use('select $1', 1);
  expect(name).toMatch(/^[\w-]{24}$/);
  expect(use('select $1', 5)).toBe(name);
});

it.each([1, 2])('keeps what was in use through ten thousand other texts that are used %i times', (times) => {
  const fixed = Array.from({ length: 300 }, (_, n) => `select $1, ${n}`);
  const names = fixed.map((text) => use(text, 3));
  for (let n = 0; n < 10_000; n++) use(`select $1 as flood_${n}`, times);
  expect(fixed.map((text) => use(text, 1))).toEqual(names);
});

it('keeps what is in use through any number of texts that are used as often', () => {
  const name = use('select $1', 3);
  for (let n = 0; n < 5000; n++) {
    use(`select $1 as flood_${n}`, 5);
    if (n % 100 === 0) expect(use('select $1', 1)).toBe(name);
  }
});

it('tells of each statement that it forgets, so that no more are prepared than it keeps', () => {
  const prepared = new Set<string>();
  for (let n = 0; n < 2000; n++) {
    const name = use(`select $1 as flood_${n}`, 3);
    if (name !== undefined) prepared.add(name);
    for (const gone of forgotten.splice(0)) expect(prepared.delete(gone)).toBe(true);
    expect(prepared.size).toBeLessThanOrEqual(MOST_KEPT);
  }
});

it('gives a text that comes back its own name again', () => {
  const name = use('select $1', 2);
  for (let n = 0; n < 1000; n++) use(`select $1 as flood_${n}`, 3);
  expect(forgotten).toContain(name);
  expect(use('select $1', 2)).toBe(name);
});

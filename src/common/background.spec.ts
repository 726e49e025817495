import { until } from '../../test/support/until.js';
import { endWithin, outcomeWithin, Pace, Ticker } from './background.js';

const unhandled = vi.fn();
beforeAll(() => process.on('unhandledRejection', unhandled));
afterAll(() => process.off('unhandledRejection', unhandled));

const never = (): Promise<never> => new Promise(() => undefined);
const soon = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 20));

it('does work once at a time, and tells of failures until it stops', async () => {
  const told: unknown[] = [];
  let runs = 0;
  const ticker = new Ticker(
    1,
    async () => {
      runs += 1;
      await soon();
      throw new Error(`${runs}`);
    },
    (error) => told.push(String(error)),
  );
  ticker.start();
  await Promise.all([ticker.now(), ticker.now()]);
  expect([runs, told]).toEqual([1, ['Error: 1']]);
  const last = ticker.now();
  ticker.stop();
  await last;
  await soon();
  expect([runs, told]).toEqual([2, ['Error: 1']]);
});

it('tells once of turns that fail alike, as they do while the database is away', async () => {
  const told: unknown[] = [];
  const outcomes = ['away', 'away', 'gone', undefined, 'gone', 'gone'];
  const work = (): Promise<void> => {
    const failure = outcomes.shift();
    return failure === undefined ? Promise.resolve() : Promise.reject(new Error(failure));
  };
  const ticker = new Ticker(60_000, work, (error) => told.push(String(error)));
  for (let turn = 0; turn < 6; turn++) await ticker.now();
  expect(told).toEqual(['Error: away', 'Error: gone', 'Error: gone']);
});

it('does not begin after its stop', async () => {
  const work = vi.fn(() => Promise.resolve());
  const ticker = new Ticker(1, work);
  ticker.stop();
  ticker.start();
  await soon();
  expect(work).not.toHaveBeenCalled();
});

it('waits for the end of work, and not for ever', async () => {
  await endWithin(60_000, soon());
  await endWithin(10, never());
  await endWithin(-5, never());
});

it('has the outcome of work, or says that it took too long', async () => {
  expect(await outcomeWithin(60_000, () => Promise.resolve(5))).toBe(5);
  await expect(outcomeWithin(10, never)).rejects.toThrow('It took longer than 0.01 seconds.');
});

it('leaves no rejection behind when work throws at once, or after its time', async () => {
  const atOnce = (): Promise<never> => {
    throw new Error('at once');
  };
  await expect(outcomeWithin(60_000, atOnce)).rejects.toThrow('at once');
  const later = (): Promise<never> => soon().then(() => Promise.reject(new Error('later')));
  await expect(outcomeWithin(5, later)).rejects.toThrow('0.005 seconds');
  await soon();
  await soon();
  expect(unhandled).not.toHaveBeenCalled();
});

it('does the work of a key once at a time, and what is asked for meanwhile once, afterwards', async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const pace = new Pace(1, (key) => {
    begun.push(key);
    return new Promise((resolve) => ends.push(resolve));
  });
  for (const key of ['one', 'one', 'one', 'two']) pace.ask(key);
  await soon();
  expect(begun).toEqual(['one', 'two']);
  for (const end of ends) end();
  await until(() => begun.length > 2);
  ends.at(-1)?.();
  await soon();
  expect(begun).toEqual(['one', 'two', 'one']);
});

it('paces work: what is asked for just after it has ended waits', async () => {
  let runs = 0;
  const pace = new Pace(10, () => Promise.resolve(void (runs += 1)));
  pace.ask('one');
  await Promise.resolve();
  pace.ask('one');
  pace.ask('one');
  expect(runs).toBe(1);
  await until(() => runs === 2);
  await soon();
  expect(runs).toBe(2);
});

it('paces work: after long work it rests longer than after short work', async () => {
  const begun: string[] = [];
  const pace = new Pace(
    1,
    async (key) => {
      begun.push(key);
      if (key === 'long') await soon();
    },
    5,
  );
  for (let asked = 0; asked < 2; asked += 1) for (const key of ['long', 'short']) pace.ask(key);
  await until(() => begun.length === 4);
  expect(begun).toEqual(['long', 'short', 'short', 'long']);
});

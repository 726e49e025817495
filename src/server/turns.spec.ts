import { Turns } from './turns.js';

it('does one piece of work after the other, and lets all else have its turn in between', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const note = (what: string) => (): void => {
    order.push(what);
  };
  const first = turns.run(() => {
    note('first')();
    setImmediate(note('what else is due'));
  });
  await Promise.all([first, turns.run(note('second'))]);
  expect(order).toEqual(['first', 'what else is due', 'second']);
});

it('goes on after work that fails, of which only its own caller hears', async () => {
  const turns = new Turns();
  const failed = turns.run(() => {
    throw new Error('unreadable');
  });
  const next = turns.run(() => 'read');
  await expect(failed).rejects.toThrow('unreadable');
  await expect(next).resolves.toBe('read');
});

import { Progress } from './progress.js';

function shownOn(isTTY: boolean): { written: string[]; progress: Progress } {
  const written: string[] = [];
  return { written, progress: new Progress({ isTTY, write: (text: string) => written.push(text) }) };
}

it('is a bar on a terminal, which goes before other lines come', () => {
  const { written, progress } = shownOn(true);
  progress.show('Writing', 0.5, '10 rows');
  progress.show('Writing', 1);
  progress.clear();
  expect(written).toEqual([
    '\r\u001b[KWriting [###############---------------] 50 % 10 rows',
    `\r\u001b[KWriting [${'#'.repeat(30)}] 100 %`,
    '\r\u001b[K',
  ]);
});

it('is a line for each step and each tenth of it elsewhere', () => {
  const { written, progress } = shownOn(false);
  for (const done of [0, 0.01, 0.1, 0.19, 0.95]) progress.show('Checking', done);
  progress.show('Receiving', undefined, '1 kB');
  progress.show('Receiving', undefined, '2 kB');
  progress.clear();
  expect(written).toEqual(['Checking 0 %\n', 'Checking 10 %\n', 'Checking 95 %\n', 'Receiving 1 kB\n']);
});

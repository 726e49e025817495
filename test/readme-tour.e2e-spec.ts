import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { startService, type Service } from './support/service.js';

const BETWEEN = '---- next step ----';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** The steps of the tour: commands, and the output that the README shows for them. */
function steps(): { commands: string; shown: string }[] {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, tour = ''] = /\n## A tour[^\n]*\n([^]*?)\n## /.exec(readme) ?? [];
  return [...tour.matchAll(/```sh\n([^]*?)```(?:\n\n```text\n([^]*?)```)?/g)].map(([, commands = '', shown = '']) => ({
    commands,
    shown,
  }));
}

/** Matches output whatever its ids and times are, its line breaks, those of headers too, and what `…` leaves out. */
function pattern(shown: string): RegExp {
  const text = oneLine(shown)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/_[0-9a-hjkmnp-tv-z]{26}/g, '_[0-9a-z]{26}')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+\\\.\d{3}Z/g, '[-\\dT:.]+Z')
    .replaceAll('…', '.*');
  return new RegExp(`^${text}$`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\r?\n/g, '');
}

describe('the tour in the README', () => {
  it('shows what its commands print', async () => {
    const { api } = service;
    const script = steps()
      .map(({ commands }) => commands)
      .join(`echo '${BETWEEN}'\n`)
      .replace(/^API=.*$/m, `API=${api.origin}/api/crm`)
      .replace(/^KEY=.*$/m, `KEY=${api.key ?? ''}`);
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script]);
    expect(stderr).toBe('');
    const printed = stdout.split(`${BETWEEN}\n`);
    expect(printed).toHaveLength(12);
    for (const [index, { shown }] of steps().entries()) expect(oneLine(printed[index] ?? '')).toMatch(pattern(shown));
  });
});

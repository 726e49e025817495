import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_CODES } from '../src/common/errors/error-codes.js';
import { operatorsFor } from '../src/common/list/operators.js';
import { describeVariables } from '../src/config/config.js';
import { OPPORTUNITY_STATUSES, STATUS_ACTIONS } from '../src/crm/opportunity/opportunity.status.js';
import { documents, readDocument as read, ROOT } from './support/documents.js';

/** The cells of the table that has this first column, without its head. */
function table(text: string, firstColumn: string): string[][] {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith('|') && cells(line)[0] === firstColumn);
  const rest = lines.slice(head + 2);
  return rest
    .slice(
      0,
      rest.findIndex((line) => !line.startsWith('|')),
    )
    .map(cells);
}

function cells(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function linksOf(text: string): string[] {
  const prose = text.replaceAll(/```[^]*?```/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The headings of a page, in the form in which a link names them. */
function headingsOf(text: string): string[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .replaceAll(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the documents', () => {
  it('list every variable with its default and meaning', () => {
    const expected = Object.entries(describeVariables()).map(([name, { fallback, description }]) => [
      `\`${name}\``,
      fallback === undefined ? '' : `\`${fallback}\``,
      description,
    ]);
    expect(table(read('README.md'), 'variable')).toEqual(expected);
  });

  it('list every error code with its meaning, a status and an advice', () => {
    const rows = table(read('docs/errors.md'), 'code');
    expect(rows.map(([code, , meaning]) => [code, meaning])).toEqual(
      Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]),
    );
    for (const [, status, , advice] of rows) {
      expect(status).toMatch(/^(?:[45]\d\d|import)$/);
      expect(advice).not.toBe('');
    }
  });

  it('list every action with the statuses it leads from and to', () => {
    const rows = table(read('docs/reading-and-writing.md'), 'action');
    expect(rows.map(([action, from, to]) => [action, from, to])).toEqual(
      Object.entries(STATUS_ACTIONS).map(([action, { from, to }]) => [
        `\`${action}\``,
        OPPORTUNITY_STATUSES.filter((status) => (from as readonly string[]).includes(status)).join(', '),
        to,
      ]),
    );
  });

  it.each(['text', 'choice', 'number', 'date', 'timestamp'] as const)('list the operators of a %s', (kind) => {
    const operators = operatorsFor({ name: kind, kind, nullable: false, values: [], description: '' });
    const row = table(read('docs/reading-and-writing.md'), 'kind').find(([cell]) => cell === `\`${kind}\``);
    expect(row?.[1]).toBe(operators.map((operator) => `\`${operator}\``).join(', '));
  });

  it('start the service with the same flags everywhere', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const [, image = '[]'] = /^CMD (\[.*\])$/m.exec(read('Dockerfile')) ?? [];
    const command = (JSON.parse(image) as string[]).join(' ');
    expect(command).toMatch(/^node --.* dist\/src\/main\.js$/);
    // `exec` lets signals through to the service. The shell of Windows has none, and goes on to the second half.
    const script = `exec ${command} || ${command}`;
    expect([scripts['start'], scripts['start:prod']]).toEqual([script, script]);
  });

  it('name every decision in the index', () => {
    const pages = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
    expect(linksOf(read('docs/decisions/README.md'))).toEqual(pages.sort());
  });

  it('give a reason for every dependency', () => {
    type Packages = Partial<Record<'dependencies' | 'devDependencies' | 'peerDependencies', Record<string, string>>>;
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(read('package.json')) as Packages;
    const packages = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
    const page = read('docs/decisions/0003-dependencies.md');
    const named = table(page, 'package').concat(table(page.split('## Packages for development')[1] ?? '', 'package'));
    const names = named.flatMap(([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
    const groups = names.filter((name) => name.endsWith('/*')).map((name) => name.slice(0, -1));
    const without = packages.filter((name) => !names.includes(name) && !groups.some((group) => name.startsWith(group)));
    const gone = names.filter((name) => !name.endsWith('/*') && !packages.includes(name));
    expect({ without, gone }).toEqual({ without: [], gone: [] });
  });

  it('name only folders that exist where they show the tree', () => {
    const [, tree = ''] = /## Where things are\n\n```text\n([^]*?)```/.exec(read('README.md')) ?? [];
    const paths = tree.split('\n').flatMap((line) => line.split(' ').slice(0, 1).filter(Boolean));
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it.each(documents())('%s links only to files that exist', (path) => {
    const targets = linksOf(read(path)).filter((target) => !/^([a-z]+:|#)/.test(target));
    const missing = targets.filter((target) => !existsSync(join(ROOT, dirname(path), target.replace(/#.*/, ''))));
    expect(missing).toEqual([]);
  });

  it.each(documents())('%s links only to headings that exist', (path) => {
    const missing = linksOf(read(path)).filter((target) => {
      const [, page, heading] = /^([^:#]*)#(.+)$/.exec(target) ?? [];
      if (page === undefined || heading === undefined) return false;
      const file = page === '' ? path : join(dirname(path), page);
      return file.endsWith('.md') && !headingsOf(read(file)).includes(heading);
    });
    expect(missing).toEqual([]);
  });

  it.each(documents())('%s names only npm scripts that exist', (path) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(path).matchAll(/npm (?:run (?:--silent )?([a-z][\w:-]*)|(start|test)\b)/g)];
    const names = named.map(([, run, short]) => run ?? short ?? '');
    expect(names.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

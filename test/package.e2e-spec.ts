import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Json } from './support/client.js';

it('is packed with its build, and without what only development needs', async () => {
  // Without the build that packing begins with: other tests use what lies there.
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
  // A list in npm 11 and before, then an object by name.
  const [{ files }] = Object.values<Json>(JSON.parse(stdout));
  const paths: string[] = files.map(({ path }: Json) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/src/main.js', 'dist/ormconfig.js']),
  );
  // Declarations are made by packing, which this does not wait for.
  const { exports } = JSON.parse(await readFile('package.json', 'utf8'));
  const targets = Object.values<Json>(exports).map((target) => target.default ?? target);
  expect(paths).toEqual(expect.arrayContaining(targets.map((target: string) => target.replace('./', ''))));
  expect(paths.filter((path) => /^(src|test|bench|drills|node_modules|\.data)\/|spec\.|^\.env$/.test(path))).toEqual(
    [],
  );
});

/** What a command of the installed package prints when it fails. */
async function failure(...words: string[]): Promise<string> {
  const failed: unknown = await promisify(execFile)('node', ['dist/src/cli/run.js', ...words]).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({ code: 1 });
  return (failed as { stderr: string }).stderr;
}

it('has every command of the npm scripts for those who installed it', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
  const files = Object.values(scripts).flatMap((script) => /dist\/src\/cli\/([a-z]+)\.js/.exec(script)?.[1] ?? []);
  const [, commands = ''] = /one of: (.*)/.exec(await failure()) ?? [];
  expect(commands.split(', ')).toEqual(expect.arrayContaining(files));
});

it('says in a sentence why a command failed', async () => {
  expect(await failure('keys', '--wrkspace', 'acme')).toMatch(/^Unknown option '--wrkspace'.*\n$/);
});

it('starts each of its entry points without what is made of entities, which modules may still extend', async () => {
  const reached = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = await readFile(file, 'utf8');
    const targets = [...text.matchAll(/^(?:import|export)\b(?! type)[^;]*?from '(\.[^']+)';/gm)].map(
      ([, to = '']) => to,
    );
    for (const target of targets) await visit(join(dirname(file), target.replace(/\.js$/, '.ts')));
  };
  const commands = (await readdir('src/cli')).filter((name) => /(?<!\.spec)\.ts$/.test(name));
  const entries = ['main.ts', 'index.ts', 'common/index.ts', 'crm/opportunity/index.ts', 'testing/index.ts'];
  for (const entry of [...entries, ...commands.map((name) => `cli/${name}`)]) await visit(join('src', entry));
  const early = [...reached].filter((file) => file === 'src/schema.ts' || /^src\/crm\/.*\.dto\.ts$/.test(file));
  expect(early).toEqual([]);
});

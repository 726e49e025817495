import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Drill, DrillOptions, Outcome } from './drill.js';

const PAGE = 'docs/adding-a-resource.md';
const NOT_COPIED = ['node_modules', 'dist', '.git', '.data', '.bench', 'coverage'];

/** Instead of all tests: that of the resource, and those that concern every resource. */
const SUITES = 'test/(note|guards|openapi|documents|recipe|idempotency|isolation|ids|owasp|sharding)';
const TESTS = `NODE_OPTIONS=--experimental-vm-modules npx jest '${SUITES}'`;

const run = promisify(execFile);

/** A block of the page, with the path that stands before it where it is a file's. */
interface Block {
  language: string;
  path: string;
  text: string;
}

/** Follows the page on a copy of the tree, block by block. */
export const drill: Drill = {
  promise:
    'A resource that is added to the letter of the page passes all checks that the page names, and no test needs a word',
  async run({ log }: DrillOptions): Promise<Outcome> {
    const copy = await mkdtemp(join(tmpdir(), 'crm-recipe-'));
    try {
      await cp('.', copy, { recursive: true, filter: (path) => !NOT_COPIED.includes(path) });
      await symlink(resolve('node_modules'), join(copy, 'node_modules'));
      const blocks = blocksOf(await readFile(PAGE, 'utf8'));
      const failures: string[] = [];
      for (const block of blocks) {
        const problem = await follow(block, copy, log);
        if (problem !== undefined) failures.push(problem);
      }
      const figure = `${blocks.length - failures.length} of ${blocks.length} blocks of the page`;
      return { passed: failures.length === 0 && blocks.length > 5, figure, failures };
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  },
};

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/(?:`([^`\n]+)`\n\n)?```(sh|ts|diff)\n([^]*?)```/g)].map(
    ([, path = '', language = '', text = '']) => ({ language, path, text }),
  );
}

/** Does what the block says; answers what is wrong with it. */
async function follow(
  { language, path, text }: Block,
  copy: string,
  log: DrillOptions['log'],
): Promise<string | undefined> {
  if (language === 'ts') return compare(path, text, copy);
  if (language === 'diff') return change(join(copy, path), text);
  for (const line of text.trim().split('\n')) {
    log(line);
    const command = line === 'npm test' ? TESTS : line;
    const done = run('bash', ['-c', command], { cwd: copy, maxBuffer: 1e8 });
    const problem = await done.then(
      () => undefined,
      (error: unknown) => `${line}: ${outputOf(error).slice(-3000)}`,
    );
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function outputOf(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return stdout + stderr;
}

/** The number of a migration is the time at which it was made, so the page has another. */
async function compare(path: string, text: string, copy: string): Promise<string | undefined> {
  const folder = join(copy, path, '..');
  const [, shown] = /\/(\d{13})-/.exec(path) ?? [];
  const names = await readdir(folder).catch(() => []);
  const made = names.flatMap((name) => /^(\d{13})-/.exec(name)?.[1] ?? []).at(-1) ?? '';
  const written = await readFile(join(copy, shown === undefined ? path : path.replace(shown, made)), 'utf8').catch(
    () => '',
  );
  const withoutNumbers = (code: string): string => code.replaceAll(/\d{13}/g, '…');
  return withoutNumbers(written) === withoutNumbers(text) ? undefined : `${path} is not what the page shows`;
}

/** A line is added behind the one that the page shows before it; the first one is an import. */
async function change(path: string, diff: string): Promise<string | undefined> {
  let code = await readFile(path, 'utf8');
  let before: string | undefined;
  for (const line of diff.trimEnd().split('\n')) {
    const text = `${line.slice(1)}\n`;
    if (line.startsWith('+')) code = before === undefined ? text + code : code.replace(before, before + text);
    else if (code.includes(text)) before = text;
    else return `${path} has no line ${text}`;
  }
  await writeFile(path, code);
  return undefined;
}

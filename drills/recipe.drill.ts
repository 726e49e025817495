import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { TreeCopy } from './support/tree-copy.js';

const PAGE = 'docs/adding-a-resource.md';

/** A resource with rules: quotations of a deal, with ordered lines. */
const FIXTURE = 'test/fixtures/quotation';

const MIGRATION = /^\d{13}-/;

/** Short, instead of all tests: those of the new resources, and those that concern every resource. */
const SUITES =
  'note quotation authentication client.e2e client-requests docs-page documents expand-and-fields guards idempotency ids ' +
  'isolation openapi owasp preconditions recipe sharding words';
const SOME_TESTS = `npx vitest run ${SUITES.replaceAll(/(^| )/g, '$1test/')}`;
const ALL_TESTS = 'npx vitest run';

/** A block of the page, with the path that stands before it where it is a file's. */
interface Block {
  language: string;
  path: string;
  text: string;
}

const isOfChecks = ({ language, text }: Block): boolean => language === 'sh' && text.includes('npm test');

/** Follows the page on a copy of the tree, block by block, and adds the quotations; the checks are for all of it. */
export const drill: Drill = {
  promise:
    'Resources that are added to the letter of the page pass all checks that it names, one with rules among them, and no test needs a word',
  async run({ full, log }: DrillOptions): Promise<Outcome> {
    const copy = await TreeCopy.make();
    try {
      const blocks = blocksOf(await readFile(PAGE, 'utf8'));
      const failures: string[] = [];
      const note = (problem: string | undefined): void => {
        if (problem !== undefined) failures.push(problem);
      };
      const tests = full ? ALL_TESTS : SOME_TESTS;
      for (const block of blocks) if (!isOfChecks(block)) note(await follow(block, copy, { log, tests }));
      note(await addQuotations(copy, log));
      for (const block of blocks.filter(isOfChecks)) note(await follow(block, copy, { log, tests }));
      const figure = `${blocks.length - failures.length} of ${blocks.length} blocks of the page, and a resource with rules`;
      return { passed: failures.length === 0 && blocks.length > 5, figure, failures };
    } finally {
      await copy.remove();
    }
  },
};

/** The lines are what the generator writes, with words of their own. */
async function addQuotations(copy: TreeCopy, log: DrillOptions['log']): Promise<string | undefined> {
  await cp(`${FIXTURE}/src/crm/quotation`, copy.path('src/crm/quotation'), { recursive: true });
  const line = "npm run generate -- resource quotation-line 'item:text!' qty:quantity rate:money --child-of quotation";
  log(line);
  const problem = await copy.failureOf(line);
  if (problem !== undefined) return problem;
  await cp(FIXTURE, copy.folder, { recursive: true });
  const list = copy.path('src/crm/crm.module.ts');
  return (
    (await change(list, diffOf('quotation', 'QuotationModule'))) ??
    (await change(list, diffOf('quotation-line', 'QuotationLineModule')))
  );
}

/** The one line elsewhere, as the page shows it. */
function diffOf(resource: string, module: string): string {
  return `+import { ${module} } from './${resource}/${resource}.module.js';\n     ReportsModule,\n+    ${module},\n`;
}

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/(?:`([^`\n]+)`\n\n)?```(sh|ts|diff)\n([^]*?)```/g)].map(
    ([, path = '', language = '', text = '']) => ({ language, path, text }),
  );
}

/** Does what the block says; answers what is wrong with it. */
async function follow(
  { language, path, text }: Block,
  copy: TreeCopy,
  { log, tests }: { log: DrillOptions['log']; tests: string },
): Promise<string | undefined> {
  if (language === 'ts') return compare(path, text, copy);
  if (language === 'diff') return change(copy.path(path), text);
  for (const line of text.trim().split('\n')) {
    log(line);
    const problem = await copy.failureOf(line === 'npm test' ? tests : line);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The number of a migration is the time at which it was made, so the page has another. */
async function compare(path: string, text: string, copy: TreeCopy): Promise<string | undefined> {
  const folder = copy.path(path, '..');
  const [, shown] = /\/(\d{13})-/.exec(path) ?? [];
  const names = await readdir(folder).catch(() => []);
  const made = names.flatMap((name) => /^(\d{13})-/.exec(name)?.[1] ?? []).at(-1) ?? '';
  const written = await readFile(copy.path(shown === undefined ? path : path.replace(shown, made)), 'utf8').catch(
    () => '',
  );
  const withoutNumbers = (code: string): string => code.replaceAll(/\d{13}/g, '…');
  return withoutNumbers(written) === withoutNumbers(text) ? undefined : `${path} is not what the page shows`;
}

/** Takes over a diff, whose lines stand in the order of the file; added lines come behind the one before them. */
async function change(path: string, diff: string): Promise<string | undefined> {
  let code = await readFile(path, 'utf8');
  let at = 0;
  for (const line of (await withMadeNumbers(diff, path)).trimEnd().split('\n')) {
    const text = `${line.slice(1)}\n`;
    if (!line.startsWith('+')) {
      at = code.indexOf(text, at);
      if (at < 0) return `${path} has no line ${text}`;
    }
    const written = line.startsWith('-') ? '' : text;
    code = code.slice(0, at) + written + code.slice(line.startsWith('+') ? at : at + text.length);
    at += written.length;
  }
  await writeFile(path, code);
  return undefined;
}

/** The number of a migration is the time at which it was made: the text with those that are there instead of those of the page. */
async function withMadeNumbers(text: string, path: string): Promise<string> {
  const made = (await readdir(join(path, '..'))).filter((name) => MIGRATION.test(name)).sort();
  const shown = [...new Set(text.match(/\d{13}/g))].sort();
  return shown.reduce(
    (changed, number, index) => changed.replaceAll(number, made[index]?.slice(0, 13) ?? number),
    text,
  );
}

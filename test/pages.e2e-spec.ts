import { itAlone } from './support/alone.js';
import { blocksOf, documents, readDocument, type Block } from './support/documents.js';
import { runBlocks } from './support/page-shell.js';
import { startService, type Service } from './support/service.js';

/** Its commands change the source tree, so it is followed on a copy of that. */
const FOLLOWED_ON_A_COPY = 'docs/adding-a-resource.md';

/** What blocks are that are there to be read: output, diagrams, settings, and programs. */
const SHOWN = ['text', 'mermaid', 'yaml', 'nginx', 'ini', 'sql', 'diff', 'ts', 'js', 'jsx', 'python', 'java', 'go'];

/** A page starts a dozen programs, one after the other. */
const ENOUGH_FOR_A_PAGE_MS = 240_000;

/** They run commands in processes of their own, which load no module, or an operation that the module hides. */
const FOLLOWED_ALONE = ['README.md', 'docs/reading-and-writing.md'];

const pages = documents().map((path) => ({ path, blocks: blocksOf(readDocument(path)) }));
type Page = (typeof pages)[number];
const isRun = ({ language, notRun }: Block): boolean => language === 'sh' && notRun === undefined;
const isAlone = ({ path }: Page): boolean => FOLLOWED_ALONE.includes(path);

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Matches output whatever its ids, keys and times are, where its lines break, and what `…` leaves out. */
function pattern(shown: string): RegExp {
  const text = shown
    .trim()
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/_[0-9a-hjkmnp-tv-z]{26}/g, '_[0-9a-z]{26}')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+\\\.\d{3}Z/g, '[-\\dT:.]+Z')
    .replaceAll('\n', '\\s*')
    .replaceAll('…', '[^]*');
  return new RegExp(`^${text}\\s*$`);
}

/** What a block has to print: what is shown below it, or else anything but an error of the API. */
function expected(shown: Block | undefined): string {
  return shown === undefined ? expect.not.stringContaining('"error":{') : expect.stringMatching(pattern(shown.text));
}

async function follow({ path, blocks }: Page): Promise<void> {
  const { key = '' } = await service.clientWith({ workspace: path, scopes: ['read', 'write', 'admin'] });
  const { origin, database } = service;
  const run = blocks.filter((block) => isRun(block) || block.file !== undefined);
  const printed = await runBlocks(run, { origin, key, databaseUrl: database.url });
  const commands = blocks.flatMap((block, index) => {
    const next = blocks[index + 1];
    return isRun(block) ? [{ line: block.line, shown: next?.isAnswer ? next : undefined }] : [];
  });
  expect(printed.map((output, index) => ({ line: commands[index]?.line, ...output }))).toEqual(
    commands.map(({ line, shown }) => ({ line, stdout: expected(shown), stderr: '' })),
  );
}

describe('the commands of', () => {
  const followed = pages.filter(({ path, blocks }) => path !== FOLLOWED_ON_A_COPY && blocks.some(isRun));
  const name = '$path do what it shows, from its top on a fresh service';
  it.each(followed.filter((page) => !isAlone(page)))(name, follow, ENOUGH_FOR_A_PAGE_MS);
  itAlone.each(followed.filter(isAlone))(name, follow, ENOUGH_FOR_A_PAGE_MS);
});

it('every program of docs/clients.md is run by its commands, or imported by a program that is', () => {
  const { blocks = [] } = pages.find(({ path }) => path === 'docs/clients.md') ?? {};
  const programs = blocks.flatMap(({ file }) => file ?? []);
  const commands = blocks.filter(isRun).flatMap(({ text }) => text.split('\n'));
  const imports = blocks.filter(({ file }) => file !== undefined).map(({ text }) => text);
  const isUsed = (name: string): boolean =>
    commands.some((line) => line.includes(`node ${name}`)) || imports.some((text) => text.includes(`'./${name}'`));
  expect(programs).toContain('follow-stripe.mjs');
  expect(programs.filter((name) => !isUsed(name))).toEqual([]);
});

it.each(pages.filter(({ blocks }) => blocks.length > 0))(
  '$path has no block that is neither run nor known to need no run, and no JSON that is none',
  ({ blocks }) => {
    for (const { language, text } of blocks) {
      expect([...SHOWN, 'sh', 'json']).toContain(language);
      if (language === 'json') JSON.parse(text);
    }
  },
);

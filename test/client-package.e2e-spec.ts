import { exec, execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import ts from 'typescript';
import ts5 from 'typescript5';
import { blocksOf, readDocument, ROOT, type Block } from './support/documents.js';

const run = promisify(execFile);
const runInShell = promisify(exec);

it('has the types of the API document', async () => {
  const document = JSON.parse(await readFile('openapi.json', 'utf8'));
  const types = astToString(await openapiTypescript(document, { defaultNonNullable: false }));
  expect(await readFile('client/src/schema.ts', 'utf8')).toBe(`${COMMENT_HEADER}${types}`);
});

it('has at most 500 lines that are written by hand, beside comments', async () => {
  const names = (await readdir('client/src')).filter((name) => name !== 'schema.ts');
  const texts = await Promise.all(names.map((name) => readFile(join('client/src', name), 'utf8')));
  const lines = texts.flatMap((text) => text.replaceAll(/^ *\/\*\*[^]*?\*\/$|^ *\/\/.*$/gm, '').split('\n'));
  expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(500);
});

describe('what npm packs', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crm-client-'));
    // In a shell, because npm is a command file on Windows.
    await runInShell(`npm pack -w client --silent --pack-destination "${directory}"`, { cwd: ROOT });
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
    await runInShell('npm install --silent --offline ./crm-opportunity-client-0.1.0.tgz', { cwd: directory });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is installed in an empty folder, alone, and runs', async () => {
    expect((await readdir(join(directory, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
      'crm-opportunity-client',
    ]);
    const program =
      "import { Crm } from 'crm-opportunity-client'; new Crm({ url: 'http://127.0.0.1:1', key: 'k', maxRetries: 0 }).reports.funnel().catch(({ name }) => console.log(name));";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: directory });
    expect(stdout).toBe('CrmConnectionError\n');
  });

  it.each<Compiler>([ts, ts5 as never])(
    'lets programs and the examples of the README be compiled strictly by TypeScript $version',
    async (compiler: Compiler) => {
      const examples = blocksOf(readDocument('client/README.md')).filter(({ language }) => language === 'ts');
      expect(examples.length).toBeGreaterThan(4);
      const programs = { 'program.mts': PROGRAM, 'readme.mts': readmeProgram(examples) };
      for (const [name, text] of Object.entries(programs)) await writeFile(join(directory, name), text);
      const { options } = compiler.convertCompilerOptionsFromJson(STRICT, directory);
      const files = Object.keys(programs).map((name) => join(directory, name));
      const complaints = compiler.getPreEmitDiagnostics(compiler.createProgram(files, options));
      expect(complaints.map(({ file, messageText }) => [file?.fileName, messageText])).toEqual([]);
    },
  );
});

/** The examples, each in a function of its own, after what they import and take for granted. */
function readmeProgram(examples: Block[]): string {
  const lines = examples.map(({ text }) => text.split('\n'));
  const isImport = (line: string): boolean => /^import .*crm-opportunity-client/.test(line);
  const imports = new Set(lines.flat().filter(isImport));
  const functions = lines.map(
    (each) => `void (async () => {\n${each.filter((line) => !line.startsWith('import ')).join('\n')}\n});`,
  );
  return [...imports, GIVEN, ...functions].join('\n');
}

const GIVEN = `
declare const crm: Crm, rawBody: string, secret: string, url: string, key: string;
declare let cursor: string | undefined;
declare const process: { env: { KEY: string } }, request: { headers: Record<string, string> }, console: { log: (...values: unknown[]) => void };
declare const parse: (text: string) => unknown, stringify: (value: unknown) => string | undefined;
declare const writeFile: (path: string, content: AsyncIterable<Uint8Array> | string) => Promise<void>;
declare const openAsBlob: (path: string, options: { type: string }) => Promise<Blob>;
`;

type Compiler = Pick<
  typeof ts,
  'version' | 'convertCompilerOptionsFromJson' | 'createProgram' | 'getPreEmitDiagnostics'
>;

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: 'es2022',
  module: 'nodenext',
  lib: ['es2023', 'dom', 'dom.asynciterable'],
  types: [],
};

const PROGRAM = `
import { Crm, CrmApiError, type Item, type Page } from 'crm-opportunity-client';
const crm = new Crm({ url: 'http://127.0.0.1:3000', key: 'k' });
const deal = await crm.opportunities.create({ opportunity_from: 'Lead', party_name: 'A', company: 'X', transaction_date: '2026-01-01' });
const page: Page<Item<'listOpportunities'>> = await crm.opportunities.list({ status: 'Open', 'opportunity_amount[gte]': 1000 });
for await (const { title } of crm.opportunities.list()) { const text: string | null = title; void text; }
const item = await crm.items.create({ opportunity_id: deal.id, rate: 1 });
const amount: number = item.amount;
const secret: string | null = (await crm.keys.create({ name: 'n', scopes: ['read'] })).secret;
try { await crm.opportunities.update(deal.id, { probability: 40 }, { ifMatch: deal }); }
catch (error) { if (error instanceof CrmApiError && error.code === 'precondition_failed') void error.errors[0]?.param; }
// @ts-expect-error a number is no text
await crm.opportunities.update(deal.id, { probability: '40' });
// @ts-expect-error there is no such attribute
await crm.opportunities.create({ colour: 'red' });
// @ts-expect-error there is no such filter
crm.opportunities.list({ colour: 'red' });
void [page, amount, secret];
export {};
`;

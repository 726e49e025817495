import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import openapiTypescript, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { sellChairs } from './support/sample-client.js';
import { startService, type Service } from './support/service.js';

const SAMPLE = 'test/support/sample-client.ts';

let directory: string;
let sample: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crm-client-'));
  sample = await readFile(SAMPLE, 'utf8');
  const document = JSON.parse(await readFile('openapi.json', 'utf8'));
  // By default the generator would ask for every attribute that has a default, also where the service fills it in.
  const types = await openapiTypescript(document, { defaultNonNullable: false });
  await writeFile(join(directory, 'crm-opportunity-api.ts'), astToString(types));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** What the compiler has to say of each program, as strict as it can be; all at once, as it takes long to get going. */
async function complaintsAbout(programs: Record<string, string>): Promise<Record<string, string[]>> {
  const files = Object.keys(programs).map((name) => join(directory, `${name}.ts`));
  for (const [name, text] of Object.entries(programs)) await writeFile(join(directory, `${name}.ts`), text);
  const program = ts.createProgram(files, {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
    paths: { 'crm-opportunity-api': [join(directory, 'crm-opportunity-api.ts')] },
  });
  const found = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => ({
    name: file?.fileName.split('/').at(-1)?.replace('.ts', '') ?? 'options',
    text: ts.flattenDiagnosticMessageText(messageText, ' '),
  }));
  const of = (name: string): string[] => found.filter((each) => each.name === name).map(({ text }) => text);
  return Object.fromEntries([...Object.keys(programs), 'options'].map((name) => [name, of(name)]));
}

/** The sample with one line of it wrong. */
function wrong(right: string, replacement: string): string {
  expect(sample).toContain(right);
  return sample.replace(right, replacement);
}

it('types let a right program through, and no wrong one', async () => {
  const complaints = await complaintsAbout({
    right: sample,
    unknownAttribute: wrong("item_name: 'Chair'", "item: 'Chair'"),
    wrongType: wrong('rate: 19.99', "rate: '19.99'"),
    wrongEnum: wrong("'Quotation'", "'Quoted'"),
    missingRequired: wrong("    company: 'Example Corp',\n", ''),
    nullWhereThereIsNone: wrong('probability: 60', 'probability: null'),
    missingQuery: wrong('ItemQuery = { parent_id: id }', 'ItemQuery = {}'),
    readOnlyInBody: wrong('probability: 60', 'total: 60'),
    unknownPath: wrong("paths['/api/crm/opportunity-item']", "paths['/api/crm/opportunity-items']"),
    attributeNobodyAnswers: wrong('page.total', 'page.count'),
  });
  expect(complaints).toEqual({
    options: [],
    right: [],
    unknownAttribute: [expect.stringMatching(/'item' does not exist in type/)],
    wrongType: [expect.stringMatching(/'string' is not assignable to type 'number'/)],
    wrongEnum: [expect.stringMatching(/"Quoted"' is not assignable/)],
    missingRequired: [expect.stringMatching(/'company' is missing/)],
    nullWhereThereIsNone: [expect.stringMatching(/'null' is not assignable/)],
    missingQuery: [expect.stringMatching(/'parent_id' is missing/)],
    readOnlyInBody: [expect.stringMatching(/'total' does not exist/)],
    unknownPath: expect.arrayContaining([expect.stringMatching(/opportunity-items' does not exist/)]),
    attributeNobodyAnswers: [expect.stringMatching(/'count' does not exist/)],
  });
});

describe('the sample program', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('does what it says', async () => {
    const { opportunity, items, listed, error } = await sellChairs(`${service.origin}/api/crm`, service.api.key ?? '');
    expect(opportunity).toMatchObject({ status: 'Quotation', probability: 60, total: 299.97 });
    expect(items.data).toMatchObject([
      { idx: 1, item_name: 'Chair', amount: 59.97 },
      { idx: 2, item_name: 'Desk', qty: 1 },
    ]);
    expect(listed).toBe(1);
    expect(error).toMatchObject({ type: 'invalid_request_error', code: 'resource_missing' });
  });
});

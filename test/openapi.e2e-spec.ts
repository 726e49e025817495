import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFile } from 'node:fs/promises';
import type { Client, Json } from './support/client.js';
import { isCreate, operationsOf } from './support/operations.js';
import { Sample } from './support/sample.js';
import { startService, type Service } from './support/service.js';

let service: Service;
let admin: Client;

beforeAll(async () => {
  service = await startService();
  admin = await service.clientWith({ scopes: ['admin'] });
});
afterAll(() => service.stop());

/** Every schema of the document that has an example of its own, by its place. */
function schemasWithExample(value: Json, place = '#'): [string, { example: unknown }][] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, each]) =>
    schemasWithExample(each, `${place}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
  const isSchema = 'example' in value && ('type' in value || '$ref' in value);
  return isSchema ? [[place, value], ...inside] : inside;
}

it('is the committed document, to the order of its keys', async () => {
  const { body } = await service.api.get('//openapi.json');
  if ((await readFile('openapi.json', 'utf8')) !== `${JSON.stringify(body, undefined, 2)}\n`)
    throw new Error('openapi.json is not the document of this version. Write it anew with: npm run openapi');
});

it('is OpenAPI 3.1, public, and lists every tag that operations use', async () => {
  const { status, body } = await service.clientAs(undefined).get('//openapi.json');
  expect(status).toBe(200);
  expect(body.openapi).toMatch(/^3\.1\./);
  const operations = Object.values<Json>(body.paths).flatMap((item) => Object.values<Json>(item));
  const used = new Set(operations.flatMap(({ tags }) => tags));
  expect(new Set(body.tags.map(({ name }: Json) => name))).toEqual(used);
});

it('has examples that its own schemas accept', () => {
  const { document } = service;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'api', ...document });
  const problems = schemasWithExample(document).flatMap(([place, { example }]) => {
    const pointer = place.slice(1).split('/').map(encodeURIComponent).join('/');
    return ajv.validate({ $ref: `api#${pointer}` }, example) ? [] : [`${place}: ${ajv.errorsText()}`];
  });
  expect(problems).toEqual([]);
  expect(schemasWithExample(document).length).toBeGreaterThan(50);
});

it('has bodies that the service accepts as they stand, but for made-up ids, and that do what they say', async () => {
  const done: string[] = [];
  for (const operation of operationsOf(service.document).filter(({ example }) => example !== undefined)) {
    const sample = await Sample.for(operation, admin, operationsOf(service.document));
    const written = sample.body(operation) ?? {};
    const { method, operationId } = operation;
    const { status, body, text } = await admin.request(method.toUpperCase(), sample.path(operation), { body: written });
    if (status !== operation.status) throw new Error(`${operationId}: ${status} ${text}`);
    if (isCreate(operation) || method === 'patch') expect(body).toMatchObject(written);
    done.push(operation.operationId);
  }
  expect(done).toEqual(expect.arrayContaining(['createOpportunity', 'updateOpportunity', 'reorderOpportunityItems']));
});

it('documents a body example for every operation that takes a body', () => {
  const mute = operationsOf(service.document).filter(({ takesBody, example }) => takesBody && example === undefined);
  expect(mute.map(({ operationId }) => operationId)).toEqual([]);
});

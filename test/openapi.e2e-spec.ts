import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFile } from 'node:fs/promises';
import { itAlone } from './support/alone.js';
import type { Client, Json } from './support/client.js';
import { isCreate, operationsOf, parametersOf } from './support/operations.js';
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

itAlone('is the committed document, to the order of its keys', async () => {
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
    if (!operation.statuses.includes(status)) throw new Error(`${operationId}: ${status} ${text}`);
    if (isCreate(operation) || method === 'patch') expect(body).toMatchObject(written);
    done.push(operation.operationId);
  }
  expect(done).toEqual(expect.arrayContaining(['createOpportunity', 'updateOpportunity', 'reorderOpportunityItems']));
});

it('documents a body example for every operation that takes a body', () => {
  const mute = operationsOf(service.document).filter(({ takesBody, example }) => takesBody && example === undefined);
  expect(mute.map(({ operationId }) => operationId)).toEqual([]);
});

/** Every object in the document, with its place. */
function objectsIn(value: Json, place = '#'): [string, Json][] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, each]) =>
    key === 'example' || key === 'examples' ? [] : objectsIn(each, `${place}/${key}`),
  );
  return [[place, value], ...inside];
}

it('describes everything in sentences', () => {
  const descriptions = objectsIn(service.document)
    .map(([place, { description }]) => ({ place, description }))
    .filter(({ description }) => typeof description === 'string');
  expect(descriptions.length).toBeGreaterThan(500);
  const begins = /^[A-Z`*]/;
  const ends = /\.\)?$/;
  const leftover = /undefined|\[object|\bNaN\b|\bTODO\b|\S {2}|\.\.|\s[,.;:]|[a-z]\.[A-Z]/;
  const wrong = descriptions.filter(({ description }) => {
    const prose = description.replaceAll(/`[^`]*`/g, 'X');
    return !begins.test(description) || !ends.test(description) || leftover.test(prose) || prose.includes('`');
  });
  expect(wrong).toEqual([]);
});

it('shows an example of the right kind for the id in a path', () => {
  for (const [path, item] of Object.entries<Json>(service.document.paths).filter(([path]) => path.includes('{id}')))
    for (const operation of Object.values<Json>(item)) {
      const id = parametersOf(service.document, operation).find(({ in: place }) => place === 'path');
      const [, kind = ''] = /([^/]+)\/\{id\}/.exec(path) ?? [];
      const prefixes: Record<string, string> = {
        keys: 'api-key',
        'webhook-endpoints': 'webhook-endpoint',
        imports: 'import',
        events: 'evt',
      };
      expect(id.example).toMatch(new RegExp(`^${prefixes[kind] ?? kind}_(?:[0-9a-z]{26}|[0-9a-f]{32})$`));
    }
});

it('has no operation that deletes before one that needs what is deleted', () => {
  const { paths, tags } = service.document;
  for (const { name } of tags ?? []) {
    const operations = Object.entries<Json>(paths).flatMap(([path, item]) =>
      Object.entries<Json>(item).map(([method, operation]) => ({ path, method, operation })),
    );
    const withId = operations.filter(({ path, operation }) => operation.tags[0] === name && path.includes('{id}'));
    const first = withId.findIndex(({ method }) => method === 'delete');
    const after = withId.slice(first + 1).map(({ operation }) => operation.operationId);
    if (first >= 0) expect(after.filter((id) => !/^erase/.test(id))).toEqual([]);
  }
});

it('says nothing of a scheme that keys do not have, nor of metrics that are not set up', async () => {
  const { components, paths } = service.document;
  expect(components?.securitySchemes).toEqual({ key: expect.objectContaining({ type: 'http', scheme: 'bearer' }) });
  expect(components?.securitySchemes?.['key']).not.toHaveProperty('bearerFormat');
  expect(paths['/metrics']).toBeUndefined();
  const measured = await startService({ METRICS_TOKEN: 'a-token-of-some-length' });
  const { document } = measured;
  await measured.stop();
  expect(document.components?.securitySchemes).toHaveProperty('metrics');
  expect(document.paths['/metrics']?.get?.security).toEqual([{ metrics: [] }]);
});

it('gives every number a format, so that no generated client takes 32 bits for an amount', () => {
  const numbers = objectsIn(service.document).filter(([, { type }]) => [type].flat().includes('number'));
  expect(numbers.length).toBeGreaterThan(50);
  expect(numbers.filter(([, { format }]) => format !== 'double')).toEqual([]);
});

describe('a client that writes the defaults of the document out', () => {
  it('is served as one that leaves them out, also beside a cursor', async () => {
    let written = 0;
    for (const operation of operationsOf(service.document).filter(({ method }) => method === 'get')) {
      const sample = await Sample.for(operation, admin, operationsOf(service.document));
      const parameters = parametersOf(service.document, (service.document.paths as Json)[operation.path].get);
      const query = new URLSearchParams();
      for (const { name, schema } of parameters)
        if (schema.default !== undefined) query.set(name, String(schema.default));
      const path = sample.path(operation);
      const url = `${path}${path.includes('?') ? '&' : '?'}`;
      const answers = [await admin.get(`${url}${query.toString()}`)];
      if (parameters.some(({ name }) => name === 'starting_after')) {
        query.set('starting_after', answers[0]?.body.data[0].id);
        answers.push(await admin.get(`${url}${query.toString()}`));
      }
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      written += query.size;
    }
    expect(written).toBeGreaterThan(10);
  });

  it('may send those of a body as well', async () => {
    let written = 0;
    for (const operation of operationsOf(service.document).filter(({ takesBody }) => takesBody)) {
      const sample = await Sample.for(operation, admin, operationsOf(service.document));
      const properties = Object.entries<Json>(operation.bodySchema.properties);
      const defaults = properties.filter(([, schema]) => schema.default !== undefined);
      const given = Object.fromEntries(defaults.map(([name, schema]) => [name, schema.default]));
      const { status, text } = await sample.call({ ...operation, example: { ...given, ...operation.example } });
      if (!operation.statuses.includes(status)) throw new Error(`${operation.operationId}: ${status} ${text}`);
      written += defaults.length;
    }
    expect(written).toBeGreaterThan(5);
  });
});

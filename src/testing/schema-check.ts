import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

interface Response {
  $ref?: string;
}

/**
 * Throws when an answer is not what the OpenAPI document says of its operation, status and media type, which is JSON unless
 * given; with a parameter that makes objects partial, no attribute of them is demanded.
 */
export type SchemaCheck = (method: string, url: URL, status: number, body: unknown, mediaType?: string) => void;

export function schemaCheck(document: OpenAPIObject): SchemaCheck {
  const partial = partialParameters(document);
  // Few tests ask for partial objects, and those that start a service for one setting check little at all.
  const whole = atFirstUse(() => checkAgainst(document, closed(document)));
  const cutDown = atFirstUse(() => checkAgainst(document, withoutRequired(closed(document))));
  return (method, url, status, body, mediaType) => {
    // A list may be written as `fields[]`, too.
    const names = [...url.searchParams.keys()].map((name) => name.replace(/\[\]$/, ''));
    const check = names.some((name) => partial.includes(name)) ? cutDown : whole;
    check()(method, url, status, body, mediaType);
  };
}

function atFirstUse<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Names of the parameters with which an object may lack what its schema requires. */
function partialParameters(document: OpenAPIObject): string[] {
  const names: string[] = [];
  JSON.stringify(document, (_key, value: { name: string; 'x-partial-objects'?: boolean } | null) => {
    if (value?.['x-partial-objects']) names.push(value.name);
    return value;
  });
  return [...new Set(names)];
}

function checkAgainst(document: OpenAPIObject, schemas: object): SchemaCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'api', ...schemas });
  const compiled = new Map<string, ValidateFunction>();
  const validator = (pointer: string): ValidateFunction => {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `api#${pointer}` });
    compiled.set(pointer, known);
    return known;
  };
  return (method, { pathname: path }, status, body, mediaType = 'application/json') => {
    const pointer = pointerOf(document, method, path, status, mediaType);
    const validate = validator(pointer);
    if (!validate(body))
      throw new Error(`${method} ${path} ${status}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`);
  };
}

/** The document with every object schema refusing what it does not name, so that no undocumented key goes unseen. */
function closed(document: OpenAPIObject): object {
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) => {
    const isSchema =
      typeof value === 'object' &&
      value !== null &&
      'properties' in value &&
      'type' in value &&
      value.type === 'object';
    return isSchema ? { ...value, additionalProperties: false } : value;
  }) as object;
}

/** The schemas of objects, which have an id, demand nothing; those of envelopes and errors stay as they are. */
function withoutRequired(document: object): object {
  return JSON.parse(
    JSON.stringify(document),
    (_key, value: Partial<{ properties: object; required: unknown }> | null) =>
      value?.properties && 'id' in value.properties ? { ...value, required: [] } : value,
  ) as object;
}

function pointerOf(document: OpenAPIObject, method: string, path: string, status: number, mediaType: string): string {
  const name = method.toLowerCase() as Method;
  // Every literal path comes before a template that would match it too: `reorder` before `{id}`.
  const template = Object.keys(document.paths)
    .sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
    .find(
      (candidate) =>
        new RegExp(`^${candidate.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path) && document.paths[candidate]?.[name],
    );
  if (template === undefined) return '/components/schemas/ApiError';
  const response = document.paths[template]?.[name]?.responses[String(status)] as Response | undefined;
  if (response === undefined) throw new Error(`${method} ${template} answers ${status}, which is not documented`);
  const own = `/${['paths', template, name, 'responses', String(status)].map(inPointer).join('/')}`;
  return `${response.$ref?.slice(1) ?? own}/content/${inPointer(mediaType)}/schema`;
}

function inPointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}

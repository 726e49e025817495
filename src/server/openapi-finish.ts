import type { OpenAPIObject } from '@nestjs/swagger';
import {
  answeredSchema,
  METHODS,
  operationsIn,
  ownParameters,
  type Operation,
  type Schema,
} from './openapi-operations.js';
import { shareRepeated } from './openapi-shared.js';

/** The document as its readers need it, made of what the decorators have said. */
export function finishDocument(documented: OpenAPIObject): OpenAPIObject {
  // A copy, as the document refers to what the decorators keep, some of it in several places.
  const document = JSON.parse(JSON.stringify(documented)) as OpenAPIObject;
  dropUnreachable(document);
  document.paths = inReadingOrder(document);
  giveExamplesToIds(document);
  leaveOutDefaults(document);
  giveFormatsToNumbers(document.paths);
  giveFormatsToNumbers(document.components?.schemas);
  shareRepeated(document);
  return document;
}

/** Operations whose security is not set up in this service. */
function dropUnreachable(document: OpenAPIObject): void {
  const schemes = Object.keys(document.components?.securitySchemes ?? {});
  for (const { path, method, operation } of operationsIn(document)) {
    const needed = (operation.security ?? []).flatMap((requirement) => Object.keys(requirement));
    if (needed.every((scheme) => schemes.includes(scheme))) continue;
    const rest = without(document.paths[path] ?? {}, method);
    if (Object.keys(rest).length > 0) document.paths[path] = rest;
    else document.paths = without(document.paths, path);
  }
}

/**
 * The paths of one tag after those of another, and in each those last that delete: whoever runs a tag from the top finds
 * the object until then.
 */
function inReadingOrder({ paths, tags = [] }: OpenAPIObject): OpenAPIObject['paths'] {
  const names = tags.map(({ name }) => name);
  const places = Object.entries(paths).map(([path, item]) => {
    const operations = METHODS.flatMap((method) => item[method] ?? []);
    const ordered = Object.fromEntries(METHODS.flatMap((method) => (item[method] ? [[method, item[method]]] : [])));
    const tag = names.indexOf(operations[0]?.tags?.[0] ?? '');
    return { path, item: { ...ordered, ...item }, tag, rank: rankOf(operations) };
  });
  const sorted = places.sort((a, b) => a.tag - b.tag || a.rank - b.rank);
  return Object.fromEntries(sorted.map(({ path, item }) => [path, { ...item }]));
}

/** An object that is deleted has a history and can be erased, so the path that erases comes at the very end. */
function rankOf(operations: readonly Operation[]): number {
  const deleting = operations.filter((operation) => answeredSchema(operation) === 'Deleted').length;
  if (deleting === 0) return 0;
  return operations.length > 1 ? 1 : 2;
}

/** An example for each `{id}`: that of the objects which the path without the rest answers. */
function giveExamplesToIds(document: OpenAPIObject): void {
  for (const { path, operation } of operationsIn(document)) {
    const object = path.slice(0, path.indexOf('{id}') + '{id}'.length);
    const name = answeredSchema(document.paths[object]?.get);
    const schema = document.components?.schemas?.[name ?? ''] as Schema | undefined;
    const id = schema?.properties?.['id'] as Schema | undefined;
    const inPath = ownParameters(operation).filter(({ in: place, name }) => place === 'path' && name === 'id');
    for (const parameter of inPath) parameter.example = id?.example as unknown;
  }
}

/** A parameter need not say that it may be left out. */
function leaveOutDefaults(document: OpenAPIObject): void {
  for (const { operation } of operationsIn(document))
    for (const parameter of ownParameters(operation)) if (parameter.required === false) delete parameter.required;
}

/**
 * Without a format, generators for Go and Rust take 32 bits, in which an amount of seven digits loses its cents. A double
 * has fifteen.
 */
function giveFormatsToNumbers(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const schema = value as Schema & Record<string, unknown>;
  const types = [schema['type']].flat();
  if (schema.format === undefined && types.includes('number')) schema.format = 'double';
  if (schema.format === undefined && types.includes('integer'))
    schema.format = (schema.maximum ?? Infinity) < 2 ** 31 ? 'int32' : 'int64';
  for (const [key, part] of Object.entries(schema))
    if (!['example', 'examples', 'default', 'enum'].includes(key)) giveFormatsToNumbers(part);
}

function without<T extends object>(object: T, key: string): T {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key)) as T;
}

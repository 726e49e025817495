import type { OpenAPIObject } from '@nestjs/swagger';
import type { Json } from './client.js';
import { operationsOf, refersTo, type Operation } from './operations.js';

/* Every place of an operation that takes an id, read from the API document. */

/** A place that takes an id, and how a request looks that has one there. */
export interface IdSlot {
  operationId: string;
  method: string;
  /** The resource of the operation's path. */
  resource: string;
  /** As in `query starting_after` or `body items.0.id`. */
  name: string;
  isFilter: boolean;
  /** The scope that the key needs. */
  scope: string;
  /** Resource whose ids belong here. */
  kind: string;
  request: (id: string, own: Ids) => { path: string; body?: object };
}

/** An id of each resource. */
export type Ids = Readonly<Record<string, string>>;

type Path = (string | number)[];

const CURSORS = ['starting_after', 'ending_before'];

export function idSlotsOf(document: OpenAPIObject): IdSlot[] {
  const operations = operationsOf(document);
  return operations.flatMap((operation) => slotsOf(document, operations, operation));
}

function slotsOf(document: OpenAPIObject, operations: readonly Operation[], operation: Operation): IdSlot[] {
  const { operationId, method, path, resource, scope, parameters, bodySchema, example } = operation;
  const resources = [...new Set(operations.map((each) => each.resource))].filter((each) => each !== '');
  const slot = (name: string, kind: string, request: IdSlot['request'], isFilter = false): IdSlot => {
    return { operationId, method: method.toUpperCase(), resource, scope, name, kind, request, isFilter };
  };
  // Schemas and attributes are named after resources: OpportunityItemReplacement, opportunity_id.
  const kindOf = (name: string): string =>
    resources.filter((known) => name.startsWith(known)).sort((a, b) => b.length - a.length)[0] ?? resource;
  const inPath = (id: string): string => path.replace('{id}', encodeURIComponent(id));
  const ownBody = (own: Ids): { body?: object } => (example === undefined ? {} : { body: withOwnIds(example, own) });
  const inParameters = parameters.flatMap(({ in: place, name, refersTo: other }) => {
    // An id of another system is a text that every workspace may have.
    if (name === 'external_id') return [];
    if (place === 'path') return [slot('path', resource, (id, own) => ({ path: inPath(id), ...ownBody(own) }))];
    if (place !== 'query' || !(CURSORS.includes(name) || /^id\b|_id\b/.test(name))) return [];
    const query = (id: string): string => `?${new URLSearchParams({ [name]: id }).toString()}`;
    const kind = other ?? (/_id\b/.test(name) ? kindOf(name.replace('_', '-')) : resource);
    const isFilter = !CURSORS.includes(name) && name !== 'parent_id';
    return [slot(`query ${name}`, kind, (id) => ({ path: `${path}${query(id)}` }), isFilter)];
  });
  const inBody = placesOf(document, bodySchema, [], operation.bodyName).flatMap(({ at, schema }) =>
    variantsOf(at, example).map((variant) => {
      const last = String(at.findLast((part) => typeof part === 'string'));
      const shown = at.length === 1 ? (example as Record<string, unknown> | undefined)?.[last] : undefined;
      const kind = refersTo(shown) ?? kindOf(last.endsWith('_id') ? last.replaceAll('_', '-') : kebab(schema));
      const request: IdSlot['request'] = (id, own) => ({
        path: inPath(own[resource] ?? ''),
        body: placed({ ...withOwnIds(example ?? {}, own), ...variant(id, own) }, at, id),
      });
      return slot(`body ${at.join('.')}`, kind, request);
    }),
  );
  return [...inParameters, ...inBody];
}

/** The properties of a body that hold ids, with the name of the schema they stand in. */
function placesOf(document: OpenAPIObject, schema: Json, at: Path = [], name = ''): { at: Path; schema: string }[] {
  if (schema?.$ref !== undefined) {
    const next = schema.$ref.split('/').at(-1);
    return placesOf(document, document.components?.schemas?.[next], at, next);
  }
  if (schema?.type === 'array') {
    const last = at.at(-1);
    return last === 'ids' ? [{ at: [...at, 0], schema: name }] : placesOf(document, schema.items, [...at, 0], name);
  }
  return Object.entries<Json>(schema?.properties ?? {}).flatMap(([key, property]) => {
    const isText = property.readOnly !== true && property.type === 'string';
    const isId = isText && /^id$|_id$/.test(key) && key !== 'external_id';
    return isId ? [{ at: [...at, key], schema: name }] : placesOf(document, property, [...at, key], name);
  });
}

/** What else the body needs for the id to be looked at: an operation of a batch its method, a reorder no other parent. */
function variantsOf([first, ...rest]: Path, example: object | undefined): ((id: string, own: Ids) => object)[] {
  if (first === 'operations')
    return [
      () => ({ operations: [{ method: 'update', body: { title: 'Changed' } }] }),
      () => ({ operations: [{ method: 'delete' }] }),
    ];
  if (first === 'ids' && rest.length > 0)
    return [() => ({ parent_id: undefined }), (_id, own) => ({ parent_id: own[parentIn(example)] })];
  return [() => ({})];
}

/** The example with real ids for its made-up ones. */
function withOwnIds(example: object, own: Ids): object {
  const text = JSON.stringify(example).replaceAll(/"([a-z-]+)_[0-9a-z]{26}"/g, (made, kind: string) =>
    JSON.stringify(own[kind] ?? made),
  );
  return JSON.parse(text) as object;
}

function placed(body: object, at: Path, id: string): object {
  const copy = JSON.parse(JSON.stringify(body));
  const holder = at.slice(0, -1).reduce<Json>((inside, key) => (inside[key] ??= {}), copy);
  holder[at.at(-1) ?? ''] = id;
  return copy as object;
}

function parentIn(example: object | undefined): string {
  return refersTo((example as { parent_id?: unknown } | undefined)?.parent_id) ?? '';
}

/** An attribute that takes any text, by which an object can be recognised. */
export function freeTextOf(schema: Json): string | undefined {
  const properties = Object.entries<Json>(schema.properties ?? {});
  const isText = ({ type, format, enum: values, default: usual, example }: Json): boolean =>
    [type].flat().includes('string') &&
    [format, values, usual].every((each) => each === undefined) &&
    !URL.canParse(example);
  return properties.find(([name, property]) => isText(property) && !name.endsWith('_id'))?.[0];
}

function kebab(name: string): string {
  return name.replaceAll(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

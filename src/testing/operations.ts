import type { OpenAPIObject } from '@nestjs/swagger';
import type { Json } from './client.js';

/* The operations of the API, and the resources they are about, as the document describes them. */

export interface Parameter {
  name: string;
  in: string;
  /** The resource of which it is an id, where its example is one. */
  refersTo: string | undefined;
  example: string | undefined;
  isRequired: boolean;
}

export interface Operation {
  method: string;
  path: string;
  tag: string;
  operationId: string;
  /** The status of success. */
  status: number;
  /** All statuses of success: a PUT may create or change. */
  statuses: readonly number[];
  takesBody: boolean;
  /** The body that the document shows, where the operation takes one. */
  example: object | undefined;
  /** The schema of that body, with its properties. */
  bodySchema: Json;
  /** The name of that schema. */
  bodyName: string;
  /** The schema of the answer, with its properties. */
  answerSchema: Json;
  parameters: Parameter[];
  /** Does a repetition with the same Idempotency-Key get the first answer? */
  takesKey: boolean;
  /** The scope that the key needs. */
  scope: string;
  /** The resource that the path is about: the prefix of its ids. */
  resource: string;
  /** The path of all objects of that resource. */
  collection: string;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** The address in the examples of webhook endpoints. */
const CALLED = 'https://example.com/hook';
const CLOSED_PORT = 'http://127.0.0.1:9/hook';
export const EXAMPLE_ID = /\b([a-z][a-z-]*)_[0-9a-hjkmnp-tv-z]{26}\b/;

/** Every operation of the API in the document, in its order but for the creates, which a person tries first. */
export function operationsOf(document: OpenAPIObject): Operation[] {
  const ofApi = Object.entries(document.paths).filter(([path]) => path.startsWith('/api/'));
  const all = ofApi.flatMap(([path, item]) =>
    Object.entries<Json>(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => describe(document, method, path, operation)),
  );
  const creates = all.filter(isCreate);
  for (const operation of all) {
    const of = creates
      .filter(({ path }) => path === operation.path || operation.path.startsWith(`${path}/`))
      .sort((a, b) => b.path.length - a.path.length)[0];
    operation.collection = of?.path ?? operation.path;
    operation.resource = refersTo(of?.answerSchema.properties.id.example) ?? '';
  }
  const tags = document.tags?.map(({ name }) => name) ?? [];
  return all.sort((a, b) => Number(isCreate(b)) - Number(isCreate(a)) || tags.indexOf(a.tag) - tags.indexOf(b.tag));
}

/** Does it make an object? Of the POSTs only a create is answered 201. */
export function isCreate({ method, status }: Operation): boolean {
  return method === 'post' && status === 201;
}

/** The resource of an id that the document shows; undefined for any other text. */
export function refersTo(example: unknown): string | undefined {
  return typeof example === 'string' ? EXAMPLE_ID.exec(example)?.[1] : undefined;
}

/** What a `$ref` of the document leads to. */
export function resolved(document: OpenAPIObject, node: Json): Json {
  if (node?.$ref === undefined) return node;
  const path = (node.$ref as string).slice(2).split('/');
  return resolved(
    document,
    path.reduce<Json>((inside, key) => inside?.[key], document),
  );
}

function describe(document: OpenAPIObject, method: string, path: string, operation: Json): Operation {
  const { tags, operationId, responses } = operation;
  const content = resolved(document, operation.requestBody)?.content['application/json'];
  const status = Object.keys(responses).find((code) => code.startsWith('2')) ?? '';
  const answer = resolved(document, responses[status])?.content?.['application/json'];
  const parameters = parametersOf(document, operation).map(parameterOf);
  return {
    method,
    path,
    tag: tags[0] ?? '',
    operationId,
    status: Number(status),
    statuses: Object.keys(responses)
      .map(Number)
      .filter((code) => code >= 200 && code < 300),
    takesBody: content !== undefined,
    example: withoutCalls(Object.values<Json>(content?.examples ?? {})[0]?.value),
    bodySchema: resolved(document, content?.schema) ?? {},
    bodyName: content?.schema?.$ref?.split('/').at(-1) ?? '',
    answerSchema: resolved(document, answer?.schema) ?? {},
    parameters,
    takesKey: parameters.some(({ in: place, name }) => place === 'header' && name === 'Idempotency-Key'),
    scope: operation['x-required-scope'],
    resource: '',
    collection: '',
  };
}

/** The service calls the address of an endpoint; tests call nobody, and a closed port answers at once. */
function withoutCalls(example: object | undefined): object | undefined {
  return example && (JSON.parse(JSON.stringify(example).replaceAll(CALLED, CLOSED_PORT)) as object);
}

function parameterOf({ name, in: place, schema, required = false, example = schema?.example }: Json): Parameter {
  return { name, in: place, example, isRequired: required, refersTo: refersTo(example) };
}

/** The parameters of an operation of the document, those included that it refers to. */
export function parametersOf(document: OpenAPIObject, { parameters = [] }: Json): Json[] {
  return parameters.map((each: Json) => resolved(document, each));
}

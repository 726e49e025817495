import type { OpenAPIObject } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { answeredSchema, isReference, operationsIn, type PlacedOperation } from './openapi-operations.js';

/** A part of the document that may occur elsewhere, too. */
interface Part {
  value: object;
  /** Readable names for it, the best first. */
  names: readonly string[];
  replace: (reference: { $ref: string }) => void;
}

/**
 * Moves every header, response and parameter that occurs more than once to `components`, and refers to it; and every schema
 * with a title, which then is its name.
 */
export function shareRepeated(document: OpenAPIObject): void {
  const operations = operationsIn(document);
  // Headers first, as responses that are alike but for the place of a header would not be found to be so.
  share(document, 'headers', operations.flatMap(headersOf));
  share(document, 'responses', operations.flatMap(responsesOf));
  share(document, 'parameters', operations.flatMap(parametersOf));
  share(document, 'schemas', titledIn(document.components?.schemas ?? {}));
}

type Section = 'headers' | 'responses' | 'parameters' | 'schemas';

function share(document: OpenAPIObject, section: Section, parts: readonly Part[]): void {
  const alike = new Map<string, Part[]>();
  for (const part of parts) {
    const text = JSON.stringify(part.value);
    alike.set(text, [...(alike.get(text) ?? []), part]);
  }
  const shared: Record<string, object> = { ...document.components?.[section] };
  for (const same of alike.values()) {
    const [first] = same;
    if (first === undefined || (same.length === 1 && section !== 'schemas')) continue;
    const name = freeName(first.names, shared);
    shared[name] = first.value;
    for (const { replace } of same) replace({ $ref: `#/components/${section}/${name}` });
  }
  document.components = { ...document.components, [section]: shared };
}

function freeName(names: readonly string[], taken: object): string {
  const last = names.at(-1) ?? '';
  const numbered = Array.from({ length: Object.keys(taken).length + 1 }, (_, index) => `${last}${index + 2}`);
  return [...names, ...numbered].find((name) => !Object.hasOwn(taken, name)) ?? last;
}

function headersOf({ operation }: PlacedOperation): Part[] {
  return Object.entries(operation.responses).flatMap(([status, response]) => {
    const headers = response === undefined || isReference(response) ? {} : (response.headers ?? {});
    return Object.entries(headers).map(([name, value]) => ({
      value,
      names: [`${pascalCase(name)}Header`, `${statusName(status)}${pascalCase(name)}Header`],
      replace: (reference) => (headers[name] = reference),
    }));
  });
}

function responsesOf({ operation }: PlacedOperation): Part[] {
  const { responses } = operation;
  return Object.entries(responses).flatMap(([status, value]) => {
    if (value === undefined) return [];
    const subject = status.startsWith('2') ? answeredSchema(operation) : undefined;
    const names = [`${subject ?? statusName(status)}Response`, `${pascalCase(operation.operationId ?? '')}Response`];
    return [{ value, names, replace: (reference) => (responses[status] = reference) }];
  });
}

function parametersOf({ operation }: PlacedOperation): Part[] {
  const { parameters = [], tags = [] } = operation;
  return parameters.flatMap((value, index) => {
    if (isReference(value)) return [];
    const name = `${pascalCase(value.name)}Parameter`;
    const ofTag = `${pascalCase(tags[0] ?? '')}${name}`;
    // The id in a path is that of another kind of object in each tag.
    const names = value.in === 'path' ? [ofTag] : [name, ofTag];
    return [{ value, names, replace: (reference) => (parameters[index] = reference) }];
  });
}

/** Each with its own description, as that is about the place where it stands. */
function titledIn(value: object): Part[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) => {
    if (typeof part !== 'object' || part === null) return [];
    const inner = titledIn(part);
    if (!('title' in part) || typeof part.title !== 'string') return inner;
    const { title, description, ...schema } = part as { title: string; description?: string };
    const replace = (reference: object): void => {
      Object.assign(value, { [key]: { ...reference, ...(description !== undefined && { description }) } });
    };
    return [...inner, { value: schema, names: [title], replace }];
  });
}

function statusName(status: string): string {
  return pascalCase(STATUS_CODES[status] ?? status);
}

/** `created_at[gte]` is CreatedAtGte. */
function pascalCase(text: string): string {
  const words = text.match(/[A-Za-z0-9]+/g) ?? [];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

import type { OpenAPIObject } from '@nestjs/swagger';
import { isReference, operationsIn, type Parameter } from './openapi-operations.js';

type Reference = { $ref: string };

/**
 * The document for generators and agents that do not take hundreds of parameters, or brackets in a name: the same API,
 * with the filters of a list in its one parameter `filter`.
 */
export function compactDocument(document: OpenAPIObject): OpenAPIObject {
  const compact = structuredClone(document);
  const shared = (compact.components?.parameters ?? {}) as Record<string, Parameter>;
  const nameOf = (parameter: Parameter | Reference): string =>
    (isReference(parameter) ? shared[keyOf(parameter)]?.name : parameter.name) ?? '';
  for (const { operation } of operationsIn(compact)) {
    const { parameters } = operation;
    if (parameters === undefined) continue;
    const attributes = new Set(
      parameters
        .map(nameOf)
        .filter((name) => name.includes('['))
        .map(attributeOf),
    );
    operation.parameters = parameters.filter((parameter) => !attributes.has(attributeOf(nameOf(parameter))));
  }
  const text = JSON.stringify(compact.paths);
  const used = Object.entries(shared).filter(([key]) => text.includes(`"#/components/parameters/${key}"`));
  return { ...compact, components: { ...compact.components, parameters: Object.fromEntries(used) } };
}

function keyOf({ $ref }: Reference): string {
  return $ref.split('/').at(-1) ?? '';
}

/** `total[gte]` and `total` are filters by `total`. */
function attributeOf(name: string): string {
  return name.split('[')[0] ?? '';
}

import type { OpenAPIObject } from '@nestjs/swagger';
import { FILTER } from '../common/list/filters.js';
import { isReference, operationsIn, type Parameter } from './openapi-operations.js';

type Reference = { $ref: string };
type Marked = Parameter & { [FILTER]?: boolean };

/**
 * The document for generators and agents that do not take hundreds of parameters, or brackets in a name: the same API,
 * with the filters of a list in its one parameter `filter`.
 */
export function compactDocument(document: OpenAPIObject): OpenAPIObject {
  const compact = structuredClone(document);
  const shared = (compact.components?.parameters ?? {}) as Record<string, Marked>;
  const isFilter = (parameter: Marked | Reference): boolean =>
    (isReference(parameter) ? shared[keyOf(parameter)] : parameter)?.[FILTER] === true;
  for (const { operation } of operationsIn(compact))
    if (operation.parameters) operation.parameters = operation.parameters.filter((each) => !isFilter(each));
  const text = JSON.stringify(compact.paths);
  const used = Object.entries(shared).filter(([key]) => text.includes(`"#/components/parameters/${key}"`));
  return { ...compact, components: { ...compact.components, parameters: Object.fromEntries(used) } };
}

function keyOf({ $ref }: Reference): string {
  return $ref.split('/').at(-1) ?? '';
}

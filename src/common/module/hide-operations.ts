import { RequestMethod, type Type } from '@nestjs/common';
import { withImports } from './service-module.js';

/* Where Nest keeps the route of a handler, and Swagger the id of its operation. */
const METHOD = 'method';
const PATH = 'path';
const OPERATION = 'swagger/apiOperation';

/** Takes the routes of operations from the controllers of the modules. Throws for an id that no operation has. */
export function hideOperations(modules: readonly Type[], hidden: ReadonlyMap<string, string>): void {
  if (hidden.size === 0) return;
  const found = new Set<string>();
  for (const handler of handlersOf(modules)) {
    const { operationId = '' } = (Reflect.getMetadata(OPERATION, handler) ?? {}) as { operationId?: string };
    if (!hidden.has(operationId)) continue;
    found.add(operationId);
    Reflect.deleteMetadata(PATH, handler);
    Reflect.deleteMetadata(METHOD, handler);
  }
  for (const [id, module] of hidden)
    if (!found.has(id)) throw new Error(`The module '${module}' hides '${id}', which is no operation of the API.`);
}

function handlersOf(modules: readonly Type[]): object[] {
  const controllers = withImports(modules).flatMap(
    (module) => (Reflect.getOwnMetadata('controllers', module) ?? []) as Type[],
  );
  return controllers.flatMap(({ prototype }: { prototype: Record<string, unknown> }) =>
    Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as object | undefined;
      const isRoute = typeof handler === 'function' && RequestMethod[Reflect.getMetadata(METHOD, handler) as number];
      return isRoute ? [handler] : [];
    }),
  );
}

import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/**
 * Adds to the configuration that Fastify keeps of a route, which hooks read. Nest's own `RouteConfig` would replace what
 * other decorators have said. On a class it holds for each of its methods that does not say otherwise.
 */
export function ExtendRouteConfig(config: FastifyContextConfig): MethodDecorator & ClassDecorator {
  return (target: object, _name?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (descriptor === undefined) methodsOf(target as { prototype: object }).forEach(extend);
    else extend(descriptor.value as object);
  };

  function extend(method: object): void {
    const own = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, method) as FastifyContextConfig | undefined;
    Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, { ...config, ...own }, method);
  }
}

function methodsOf({ prototype }: { prototype: object }): object[] {
  return Object.values(Object.getOwnPropertyDescriptors(prototype))
    .map(({ value }): unknown => value)
    .filter((value): value is object => typeof value === 'function');
}

import { PARAMTYPES_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal.js';

/** The class that a handler declares for its `@Body()` or `@Query()`; undefined if it takes none. */
export function handlerArgument(
  controller: object,
  handler: string | symbol,
  kind: RouteParamtypes.BODY | RouteParamtypes.QUERY,
): { type: unknown } | undefined {
  const prototype = (controller as { prototype: object }).prototype;
  const given = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<
    string,
    { index: number }
  >;
  const types = (Reflect.getMetadata(PARAMTYPES_METADATA, prototype, handler) ?? []) as unknown[];
  const key = Object.keys(given).find((each) => each.startsWith(`${kind}:`));
  const argument = key === undefined ? undefined : given[key];
  return argument && { type: types[argument.index] };
}

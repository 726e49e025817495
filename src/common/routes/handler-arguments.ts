import { PARAMTYPES_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/internal.js';

/**
 * The class that a handler declares for its `@Body()`, its `@Query()` or its `@Param()`; without a class if it takes single
 * parameters by their names, and undefined if it takes none.
 */
export function handlerArgument(
  controller: object,
  handler: string | symbol,
  kind: RouteParamtypes.BODY | RouteParamtypes.QUERY | RouteParamtypes.PARAM,
): { type: unknown } | undefined {
  const prototype = (controller as { prototype: object }).prototype;
  const given = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<
    string,
    { index: number; data?: unknown }
  >;
  const types = (Reflect.getMetadata(PARAMTYPES_METADATA, prototype, handler) ?? []) as unknown[];
  const taken = Object.entries(given).flatMap(([key, argument]) => (key.startsWith(`${kind}:`) ? [argument] : []));
  const whole = taken.find(({ data }) => data === undefined);
  if (whole !== undefined) return { type: types[whole.index] };
  return taken.length === 0 ? undefined : { type: undefined };
}

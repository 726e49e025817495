import type { Type } from '@nestjs/common';

const DEFAULTS = Symbol('defaults of new objects');

/** Values that new rows of an entity get where nothing is given, before the defaults of the columns. */
export function addDefaults(entity: Type, values: object): void {
  if (Object.keys(values).length > 0)
    Reflect.defineMetadata(DEFAULTS, { ...defaultsOf(entity), ...values }, entity.prototype as object);
}

/** Undefined where there are none. */
export function defaultsOf(entity: Type): object | undefined {
  return Reflect.getMetadata(DEFAULTS, entity.prototype as object) as object | undefined;
}

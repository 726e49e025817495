import type { Type } from '@nestjs/common';

/* What the field decorators know about an entity as a whole, for the statements and documents that are made of it. */

const RESOURCE = Symbol('resource');
const PARENT_KEY = Symbol('key of the parent');

export const markResource =
  (prefix: string): PropertyDecorator =>
  (prototype) => {
    Reflect.defineMetadata(RESOURCE, prefix, prototype);
  };

export const markParentKey = (): PropertyDecorator => (prototype, name) => {
  Reflect.defineMetadata(PARENT_KEY, name, prototype);
};

/** The name of an entity's resource: the prefix of its ids, and what errors call it. */
export function resourceOf(entity: Type): string {
  const resource = Reflect.getMetadata(RESOURCE, entity.prototype as object) as string | undefined;
  if (resource === undefined) throw new Error(`${entity.name} needs an @IdField, or to extend Resource.`);
  return resource;
}

/** The attribute with the id of an entity's parent; undefined for what has none. */
export function parentKeyOf(entity: Type): string | undefined {
  return Reflect.getMetadata(PARENT_KEY, entity.prototype as object) as string | undefined;
}

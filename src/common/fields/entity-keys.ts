import type { Type } from '@nestjs/common';

/* What the field decorators know about an entity as a whole, for the statements and documents that are made of it. */

const RESOURCE = Symbol('resource');
const PARENT_KEY = Symbol('key of the parent');
const EXTERNAL_ID = Symbol('id of another system');
const MAPS = Symbol('maps of texts');

export const markResource =
  (prefix: string): PropertyDecorator =>
  (prototype) => {
    Reflect.defineMetadata(RESOURCE, prefix, prototype);
  };

export const markParentKey = (): PropertyDecorator => (prototype, name) => {
  Reflect.defineMetadata(PARENT_KEY, name, prototype);
};

export const markExternalId = (): PropertyDecorator => (prototype, name) => {
  Reflect.defineMetadata(EXTERNAL_ID, name, prototype);
};

export const markMap = (): PropertyDecorator => (prototype, name) => {
  const known = (Reflect.getMetadata(MAPS, prototype) ?? []) as readonly string[];
  Reflect.defineMetadata(MAPS, [...known, String(name)], prototype);
};

/** The attribute with the id that another system gave an object; undefined for an entity without one. */
export function externalIdOf(entity: Type): string | undefined {
  return Reflect.getMetadata(EXTERNAL_ID, entity.prototype as object) as string | undefined;
}

/** The attributes that are maps of texts, into which bodies merge. */
export function mapsOf(entity: Type): readonly string[] {
  return (Reflect.getMetadata(MAPS, entity.prototype as object) ?? []) as readonly string[];
}

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

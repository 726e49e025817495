import type { Type } from '@nestjs/common';
import { OmitType, PartialType } from '@nestjs/swagger';
import { documentProperty, propertyNames, propertySchema } from '../docs/property-metadata.js';

const IGNORED = Symbol('ignored read-only attributes');

/** Attributes that a body of this class may carry without effect. */
export function ignoredNames(body: Type): ReadonlySet<string> {
  return (Reflect.getMetadata(IGNORED, body) ?? new Set()) as ReadonlySet<string>;
}

/** The body that creates an entity: its writable fields; those without default and not nullable are required. */
export function CreateBody<T extends object>(entity: Type<T>): Type<Partial<T>> {
  const readOnly = propertyNames(entity).filter((name) => propertySchema(entity, name).readOnly);
  const body = OmitType(entity, readOnly as never[]) as Type<Partial<T>>;
  for (const name of propertyNames(body)) {
    const schema = propertySchema(body, name);
    const required = schema.nullable !== true && !('default' in schema) && schema.required !== false;
    documentProperty(body, name, { ...schema, required });
  }
  Reflect.defineMetadata(IGNORED, new Set(readOnly), body);
  return body;
}

/** The body that changes an entity: any of its writable fields; null only where the field is nullable. */
export function UpdateBody<T extends object>(entity: Type<T>): Type<Partial<T>> {
  const create = CreateBody(entity);
  const body = PartialType(create, { skipNullProperties: false });
  for (const name of propertyNames(body)) {
    const { default: _notAppliedOnUpdate, ...schema } = propertySchema(body, name);
    documentProperty(body, name, { ...schema, required: false });
  }
  Reflect.defineMetadata(IGNORED, ignoredNames(create), body);
  return body as Type<Partial<T>>;
}

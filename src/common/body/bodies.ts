import type { Type } from '@nestjs/common';
import { OmitType, PartialType } from '@nestjs/swagger';
import { documentProperty, propertyNames, propertySchema } from '../docs/property-metadata.js';
import { ignoreNames, ignoredNames } from './ignored-names.js';
import { rulesOf } from './rules-of.js';

/** The body that creates an entity: its writable fields; those whose rules refuse an absent value are required. */
export function CreateBody<T extends object>(entity: Type<T>): Type<Partial<T>> {
  const readOnly = propertyNames(entity).filter((name) => propertySchema(entity, name).readOnly);
  const body = OmitType(entity, readOnly as never[]) as Type<Partial<T>>;
  ignoreNames(body, readOnly);
  const { fields } = rulesOf(body);
  for (const name of propertyNames(body)) {
    const required = fields.get(name)?.conditions.every((holds) => holds({}, undefined)) ?? false;
    documentProperty(body, name, { ...propertySchema(body, name), required });
  }
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
  ignoreNames(body, ignoredNames(create));
  return body;
}

import type { Type } from '@nestjs/common';
import { ApiSchema, OmitType, PartialType } from '@nestjs/swagger';
import {
  documentProperty,
  propertyNames,
  propertySchema,
  schemaName,
  type PropertySchema,
} from '../fields/property-metadata.js';
import { parentKeyOf } from '../fields/entity-keys.js';
import { setReadOnlyAttributes, readOnlyAttributes } from './read-only-attributes.js';
import { rulesOf } from './rules-of.js';

const UPDATED = 'Attributes to change; the others stay as they are.';

/** A body that shows itself in the document; a class that extends it may have an example of its own. */
export type ExampleBody<T> = Type<T> & { readonly example: object };

/** The body that creates an entity: its writable fields; those whose rules refuse an absent value are required. */
export function CreateBody<T extends object>(entity: Type<T>): ExampleBody<Partial<T>> {
  const readOnly = propertyNames(entity).filter((name) => propertySchema(entity, name).readOnly);
  const body = OmitType(entity, readOnly as never[]) as Type<Partial<T>>;
  setReadOnlyAttributes(body, readOnly);
  const { fields } = rulesOf(body);
  for (const name of propertyNames(body)) {
    const required = fields.get(name)?.conditions.every((holds) => holds({}, undefined)) ?? false;
    documentProperty(body, name, { ...asGiven(propertySchema(body, name)), required });
  }
  const name = schemaName(entity);
  ApiSchema({ name: `${name}Create`, description: `Attributes of a new ${inWords(name)}.` })(body);
  return Object.assign(body, { example: exampleOf(body) });
}

/** The body that changes an entity: any of its writable fields; null only where the field is nullable. */
export function UpdateBody<T extends object>(entity: Type<T>): ExampleBody<Partial<T>> {
  const create = CreateBody(entity);
  const body = PartialType(create, { skipNullProperties: false });
  for (const name of propertyNames(body)) {
    const { default: _notAppliedOnUpdate, ...schema } = propertySchema(body, name);
    documentProperty(body, name, { ...schema, required: false });
  }
  setReadOnlyAttributes(body, readOnlyAttributes(create));
  ApiSchema({ name: `${schemaName(entity)}Update`, description: UPDATED })(body);
  const { [parentKeyOf(entity) ?? '']: _staysTheSame, ...example } = create.example as Record<string, unknown>;
  return Object.assign(body, { example });
}

/** A map never is null, but a body may say null for it and for its keys. */
function asGiven(schema: PropertySchema): PropertySchema {
  const { additionalProperties: texts } = schema;
  if (typeof texts !== 'object') return schema;
  return { ...schema, nullable: true, additionalProperties: { ...texts, nullable: true } };
}

/** The examples of the fields, but for those that have a default. */
function exampleOf(body: Type): object {
  const schemas = propertyNames(body).map((name) => [name, propertySchema(body, name)] as const);
  const shown = schemas.filter(([, schema]) => 'example' in schema && (schema.required || schema.nullable));
  return Object.fromEntries(shown.map(([name, { example }]) => [name, example]));
}

function inWords(name: string): string {
  return name.replaceAll(/\B[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

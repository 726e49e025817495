import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';

/* Where @ApiProperty and @ApiSchema keep what they were told. The package exports no reader, so its keys are named here and nowhere else. */
const PROPERTIES = 'swagger/apiModelProperties';
const PROPERTY_NAMES = 'swagger/apiModelPropertiesArray';
const SCHEMA = 'swagger/apiSchema';

type SchemaOptions = Parameters<typeof ApiSchema>[0];

/** An OpenAPI schema with the class of the property as its `type`. */
export interface PropertySchema extends Record<string, unknown> {
  readOnly?: boolean;
  nullable?: boolean;
  required?: boolean;
}

/** Names of the documented properties of a class, in the order they were declared. */
export function propertyNames(type: Type): string[] {
  const names = (Reflect.getMetadata(PROPERTY_NAMES, type.prototype as object) ?? []) as string[];
  return names.map((name) => name.replace(/^:/, ''));
}

/** What a property's documentation says. */
export function propertySchema(type: Type, name: string): PropertySchema {
  return (Reflect.getMetadata(PROPERTIES, type.prototype as object, name) ?? {}) as PropertySchema;
}

/** Is it an attribute that default answers do not have? */
export function isOptIn(type: Type, name: string): boolean {
  return propertySchema(type, name)['x-opt-in'] === true;
}

/** Documents a property anew; ApiProperty alone would keep keys that the new schema leaves out. */
export function documentProperty(type: Type, name: string, schema: PropertySchema): void {
  Reflect.defineMetadata(PROPERTIES, undefined, type.prototype as object, name);
  ApiProperty(schema)(type.prototype as object, name);
}

/** The name of the schema of a class in the document. */
export function schemaName(type: Type): string {
  return schemaOptions(type)?.name ?? type.name;
}

/** Gives a class the schema's name that the class it extends was made with; Nest reads only what stands on a class itself. */
export function inheritSchema(type: Type): void {
  const options = schemaOptions(type);
  if (options !== undefined && !Reflect.hasOwnMetadata(SCHEMA, type)) ApiSchema(options)(type);
}

/** A reference to the schema of a class, for a schema that is written out. */
export function schemaRef(type: Type): { $ref: string } {
  inheritSchema(type);
  return { $ref: getSchemaPath(type) };
}

function schemaOptions(type: Type): SchemaOptions | undefined {
  return (Reflect.getMetadata(SCHEMA, type) as SchemaOptions[] | undefined)?.at(-1);
}

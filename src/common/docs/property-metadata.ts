import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';

/* Where @ApiProperty keeps what it was told. The package exports no reader, so its two keys are named here and nowhere else. */
const PROPERTIES = 'swagger/apiModelProperties';
const PROPERTY_NAMES = 'swagger/apiModelPropertiesArray';

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

/** Documents a property anew; ApiProperty alone would keep keys that the new schema leaves out. */
export function documentProperty(type: Type, name: string, schema: PropertySchema): void {
  Reflect.defineMetadata(PROPERTIES, undefined, type.prototype as object, name);
  ApiProperty(schema)(type.prototype as object, name);
}

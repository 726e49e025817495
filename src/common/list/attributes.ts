import type { Type } from '@nestjs/common';
import { getMetadataArgsStorage } from 'typeorm';
import { isOptIn, propertyNames, propertySchema } from '../fields/property-metadata.js';
import { computedOf } from '../fields/computed.fields.js';
import { externalIdOf, mapsOf } from '../fields/entity-keys.js';
import type { ChildColumn } from './child-attribute.js';

/** What can be asked about an attribute follows from this. */
export type AttributeKind = 'text' | 'choice' | 'flag' | 'number' | 'date' | 'timestamp' | 'map';

/** A shown column of an entity, as lists can be filtered and sorted by it. */
export interface Attribute {
  name: string;
  kind: AttributeKind;
  nullable: boolean;
  /** The allowed values of a choice. */
  values: readonly string[];
  description: string;
  /** Only `fields` shows it. */
  isOptIn?: boolean;
  /** Has it no column, but an SQL expression? */
  isComputed?: boolean;
  /** Is every code point of a text compared, also where two ways to write it look the same? */
  isExact?: boolean;
  /** Where its values are, if an object has them from its children. */
  children?: ChildColumn;
}

const KIND_OF_TYPE: Record<string, AttributeKind> = {
  varchar: 'text',
  boolean: 'flag',
  numeric: 'number',
  integer: 'number',
  date: 'date',
  timestamptz: 'timestamp',
  map: 'map',
};

/** The scalar attributes of an entity, in document order. */
export function attributesOf(entity: Type): Attribute[] {
  const columns = getMetadataArgsStorage().filterColumns(withBases(entity));
  const computed = computedOf(entity);
  const maps = mapsOf(entity);
  return propertyNames(entity).flatMap((name) => {
    const type = maps.includes(name)
      ? 'map'
      : (computed[name]?.type ?? columns.find((column) => column.propertyName === name)?.options.type);
    const kind = typeof type === 'string' ? KIND_OF_TYPE[type] : undefined;
    if (kind === undefined) return [];
    const schema = propertySchema(entity, name);
    const values = (schema['enum'] ?? []) as string[];
    return [
      {
        name,
        kind: values.length > 0 ? 'choice' : kind,
        nullable: schema.nullable === true,
        values,
        description: (schema['description'] ?? '') as string,
        isOptIn: isOptIn(entity, name),
        isComputed: name in computed,
        isExact: name === externalIdOf(entity),
      },
    ];
  });
}

/** A class and those it extends, from which TypeORM takes columns as well. */
function withBases(type: Type): Type[] {
  const base = Object.getPrototypeOf(type) as Type | null;
  return base?.prototype === undefined ? [type] : [type, ...withBases(base)];
}

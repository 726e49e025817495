import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { OPT_IN } from './field.js';

/** An attribute that has no column: SQL computes it whenever it is asked for. */
export interface ComputedOptions {
  description: string;
  /** Over the columns of the table and of what the `Table` joins, each with the name of its table. */
  sql: string;
  /** Type of the SQL expression. */
  type: 'numeric' | 'timestamptz' | 'varchar';
  schema: ApiPropertyOptions;
}

const COMPUTED = Symbol('computed attributes');

/** A read-only attribute that lists can filter and sort by; it is opt-in, as it is not read with the row. */
export function ComputedField({ description, schema, ...computed }: ComputedOptions): PropertyDecorator {
  const remember: PropertyDecorator = (prototype, name) => {
    const known = Reflect.getMetadata(COMPUTED, prototype) as Record<string, Computed> | undefined;
    Reflect.defineMetadata(COMPUTED, { ...known, [String(name)]: computed }, prototype);
  };
  return applyDecorators(
    remember,
    ApiProperty({ ...schema, description, readOnly: true, ...OPT_IN } as ApiPropertyOptions),
  );
}

export type Computed = Pick<ComputedOptions, 'sql' | 'type'>;

/** The computed attributes of an entity, by name. */
export function computedOf(entity: Type): Readonly<Record<string, Computed>> {
  return (Reflect.getMetadata(COMPUTED, entity.prototype as object) ?? {}) as Record<string, Computed>;
}

import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Column, type ColumnOptions } from 'typeorm';
import { IfGiven } from './rules.js';

/** What every field decorator takes. A field is nullable, and null by default, unless `required`, `default` or `generated` is given. */
export interface FieldOptions<T> {
  /** A sentence for the API document. */
  description: string;
  /** A valid value for the API document. */
  example?: T;
  /** Must be given on create and is never null. */
  required?: true;
  /** Not null; what the database puts where the create body has nothing. */
  default?: T;
  /** Shown, but ignored in bodies. */
  readOnly?: true;
  /** Not in default answers: only `fields` shows it. */
  optIn?: true;
  /** SQL expression of a column that the database derives from others of the row; read-only and not null. */
  generated?: string;
}

/** The three things a field is: a column, its rules (some of which the column holds as well) and its schema. */
export interface FieldParts {
  column: ColumnOptions;
  rules: PropertyDecorator[];
  schema: ApiPropertyOptions;
}

/** What marks an attribute in the document that default answers do not have. */
export const OPT_IN = { required: false, 'x-opt-in': true } as const;

/** Expands one definition of a field to its column, its validation and its documentation. */
export function field<T>(options: FieldOptions<T>, parts: FieldParts): PropertyDecorator {
  const nullable = options.required === undefined && options.default === undefined && options.generated === undefined;
  const readOnly = options.readOnly ?? options.generated !== undefined;
  return applyDecorators(
    Column({ ...parts.column, ...columnOptions(options, nullable) }),
    ...presence(options, nullable),
    // Decorators stacked on a property are applied from the last to the first; so are these.
    ...[...parts.rules].reverse(),
    ApiProperty({
      ...parts.schema,
      description: options.description,
      ...(options.example !== undefined && { example: options.example }),
      ...(options.default !== undefined && { default: options.default }),
      ...(nullable && { nullable: true }),
      ...(readOnly && { readOnly: true }),
      ...(options.optIn && OPT_IN),
    } as ApiPropertyOptions),
  );
}

function columnOptions<T>(options: FieldOptions<T>, nullable: boolean): ColumnOptions {
  if (options.generated !== undefined)
    return { generatedType: 'STORED', asExpression: options.generated, insert: false, update: false };
  return { nullable, ...(options.default !== undefined && { default: options.default }) };
}

/** When the rules run: not for an absent value that has a default, nor for null where null is allowed. */
function presence<T>(options: FieldOptions<T>, nullable: boolean): PropertyDecorator[] {
  if (nullable) return [IsOptional()];
  return options.default === undefined ? [] : [IfGiven()];
}

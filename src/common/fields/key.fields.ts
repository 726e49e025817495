import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Column, PrimaryColumn } from 'typeorm';
import { ID_LENGTH } from './limits.js';
import { IfGiven, IsInteger, IsText } from './rules.js';
import { AtLeast } from './stored-rules.js';
import { field, type FieldOptions } from './field.js';
import { exampleId } from '../ids/example-id.js';
import { markParentKey, markResource } from './entity-keys.js';

/** The workspace that owns the row: leads every key, never leaves the service. */
export function WorkspaceField(): PropertyDecorator {
  return PrimaryColumn({ type: 'varchar', length: ID_LENGTH, select: false });
}

/** The number of changes so far: the row's ETag. Never in a body. */
export function VersionField(): PropertyDecorator {
  return Column({ type: 'integer', default: 1, select: false, insert: false, update: false });
}

/** The row's own id, `<prefix>_<26 characters>`. */
export function IdField(prefix: string): PropertyDecorator {
  return applyDecorators(
    markResource(prefix),
    PrimaryColumn({ type: 'varchar', length: ID_LENGTH }),
    ApiProperty({
      type: String,
      readOnly: true,
      description: 'Unique identifier of the object.',
      example: exampleId(prefix),
    }),
  );
}

/** The id of the parent object: required on create, and not to be changed. */
export function ParentIdField(prefix: string): PropertyDecorator {
  return applyDecorators(
    markParentKey(),
    Column({ type: 'varchar', length: ID_LENGTH }),
    IsText(ID_LENGTH),
    ApiProperty({
      type: String,
      description: `Id of the ${prefix} to which the object belongs.`,
      example: exampleId(prefix),
    }),
  );
}

/** The id of an object of another resource, or null. */
export function ForeignIdField(prefix: string, options: Omit<FieldOptions<string>, 'example'>): PropertyDecorator {
  return field(
    { ...options, example: exampleId(prefix) },
    { column: { type: 'varchar', length: ID_LENGTH }, rules: [IsText(ID_LENGTH)], schema: { type: String } },
  );
}

/** The 1-based position among the parent's children: always 1…n without gap or repetition. */
export function PositionField(): PropertyDecorator {
  return applyDecorators(
    Column({ type: 'integer' }),
    IfGiven(),
    AtLeast(1),
    IsInteger(),
    ApiProperty({
      type: 'integer',
      minimum: 1,
      description:
        'Position among its siblings, from 1. A new child without a position comes last; a position past the end means last.',
      example: 1,
    }),
  );
}

import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Column } from 'typeorm';
import { field, type FieldOptions } from './field.js';
import { IsDay } from './rules.js';

/** A calendar day, `YYYY-MM-DD`, without time or zone. */
export function DateField(options: FieldOptions<string>): PropertyDecorator {
  return field(options, { column: { type: 'date' }, rules: [IsDay()], schema: { type: String, format: 'date' } });
}

/** A time the service sets itself. Kept in milliseconds, so that what is shown is what is stored. */
export function TimestampField(options: { description: string }): PropertyDecorator {
  return applyDecorators(
    Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }),
    ApiProperty({
      type: String,
      format: 'date-time',
      readOnly: true,
      description: options.description,
      example: '2024-01-15T09:30:00.000Z',
    }),
  );
}

import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Column } from 'typeorm';
import { field, type FieldOptions, OPT_IN } from './field.js';
import { IsDay, IsTimestamp } from './rules.js';

/** A calendar day, `YYYY-MM-DD`, without time or zone. */
export function DateField(options: FieldOptions<string>): PropertyDecorator {
  return field(options, { column: { type: 'date' }, rules: [IsDay()], schema: { type: String, format: 'date' } });
}

/** A moment, kept in milliseconds. */
export function MomentField(options: FieldOptions<string>): PropertyDecorator {
  return field(options, {
    column: { type: 'timestamptz', precision: 3 },
    rules: [IsTimestamp()],
    schema: { type: String, format: 'date-time' },
  });
}

/** A time the service sets itself. Kept in milliseconds, so that what is shown is what is stored. */
export function TimestampField(options: { description: string; optIn?: true }): PropertyDecorator {
  return applyDecorators(
    Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }),
    ApiProperty({
      type: String,
      format: 'date-time',
      readOnly: true,
      description: options.description,
      example: '2024-01-15T09:30:00.000Z',
      ...(options.optIn && OPT_IN),
    }),
  );
}

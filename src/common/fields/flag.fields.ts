import { IsBoolean } from 'class-validator';
import { field, type FieldOptions } from './field.js';

/** True or false. */
export function FlagField(options: FieldOptions<boolean> & { default: boolean }): PropertyDecorator {
  return field(options, {
    column: { type: 'boolean' },
    rules: [IsBoolean({ message: '$property must be true or false.' })],
    schema: { type: Boolean },
  });
}

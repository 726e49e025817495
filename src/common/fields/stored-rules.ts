import { applyDecorators } from '@nestjs/common';
import { IsIn } from 'class-validator';
import { createHash } from 'node:crypto';
import { Check } from 'typeorm';
import { IsAtLeast, IsAtMost, IsNotBlank, IsPositive } from './rules.js';

/*
 * Rules that the database holds as well, by a check constraint on the column: what breaks one is not stored, whoever
 * writes it.
 */

/** TypeORM compares constraints by their names alone, so the name tells the condition. */
function columnCheck(name: string, condition: (column: string) => string): PropertyDecorator {
  return (target, property) => {
    const column = String(property);
    Check(`${column}_${name}`, condition(column))(target, property);
  };
}

export const AtLeast = (min: number): PropertyDecorator =>
  applyDecorators(
    IsAtLeast(min),
    columnCheck(`at_least_${min}`, (column) => `${column} >= ${min}`),
  );

export const AtMost = (max: number): PropertyDecorator =>
  applyDecorators(
    IsAtMost(max),
    columnCheck(`at_most_${max}`, (column) => `${column} <= ${max}`),
  );

export const Positive = (): PropertyDecorator =>
  applyDecorators(
    IsPositive(),
    columnCheck('positive', (column) => `${column} > 0`),
  );

/** The database knows the white space of ASCII; which characters beyond count as such depends on its locale. */
export const NotBlank = (): PropertyDecorator =>
  applyDecorators(
    IsNotBlank(),
    columnCheck('not_blank', (column) => `btrim(${column}, E' \\t\\n\\v\\f\\r') <> ''`),
  );

export const OneOf = (values: readonly string[]): PropertyDecorator => {
  const list = listOf(values);
  return applyDecorators(
    IsIn(values, { message: `$property must be one of ${values.join(', ')}.` }),
    columnCheck(oneOfName(values), (column) => `${column} in (${list})`),
  );
};

/** What the name of the constraint on these values ends with. */
export function oneOfName(values: readonly string[]): string {
  return `one_of_${createHash('sha256').update(listOf(values)).digest('hex').slice(0, 8)}`;
}

function listOf(values: readonly string[]): string {
  return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ');
}

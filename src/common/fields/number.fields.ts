import { field, type FieldOptions } from './field.js';
import { MAX_INT } from './limits.js';
import { IsAtLeast, IsAtMost, IsDecimal, IsInteger, IsNumber } from './rules.js';
import { AtLeast, AtMost, Positive } from './stored-rules.js';

const NUMERIC = { type: 'numeric', precision: 21, scale: 9 } as const;

/** What numeric(21,9) holds, for the document: a double cannot tell its ends, ±999999999999.999999999, from these. */
const RANGE = { type: Number, minimum: -1e12, maximum: 1e12 } as const;

/** An amount: exact, at most nine decimals are kept, any sign. */
export function MoneyField(options: FieldOptions<number>): PropertyDecorator {
  return field(options, { column: NUMERIC, rules: [IsDecimal()], schema: RANGE });
}

/** A quantity: like money, but not negative. */
export function QuantityField(options: FieldOptions<number>): PropertyDecorator {
  return field(options, {
    column: NUMERIC,
    // Its own bound first, as the range of numeric(21,9) begins below it.
    rules: [IsNumber(), AtLeast(0), IsDecimal()],
    schema: { type: Number, minimum: 0, maximum: 1e12 },
  });
}

/** A factor greater than 0. */
export function RateField(options: FieldOptions<number>): PropertyDecorator {
  return field(options, {
    column: NUMERIC,
    rules: [IsNumber(), Positive(), IsDecimal()],
    schema: { type: Number, exclusiveMinimum: 0, maximum: 1e12 } as object,
  });
}

/** 0 to 100, fractions allowed. */
export function PercentField(options: FieldOptions<number>): PropertyDecorator {
  return field(options, {
    column: NUMERIC,
    rules: [IsNumber(), AtLeast(0), AtMost(100)],
    schema: { type: Number, minimum: 0, maximum: 100 },
  });
}

/** A whole number that fits 32 bits. */
export function IntField(options: FieldOptions<number> & { min?: number; max?: number }): PropertyDecorator {
  const { min, max } = options;
  return field(options, {
    column: { type: 'integer' },
    // The column's type holds the rest.
    rules: [
      IsInteger(),
      min === undefined ? IsAtLeast(-MAX_INT) : AtLeast(min),
      max === undefined ? IsAtMost(MAX_INT) : AtMost(max),
    ],
    schema: { type: 'integer', format: 'int32', minimum: min ?? -MAX_INT, maximum: max ?? MAX_INT },
  });
}

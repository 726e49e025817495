import { IsArray, ValidateBy, ValidateIf, type ValidationArguments, type ValidationOptions } from 'class-validator';
import { compareStored, ExactNumber, fitsNumeric, type Decimal } from '../json/exact-number.js';
import { CURRENCIES } from './currencies.js';
import { MAX_MONEY } from './limits.js';

/*
 * The class-validator rules that class-validator lacks, or has in a laxer form. Messages start with $property and are
 * whole sentences, as all messages of the API.
 */

/** One named rule: a check and the rest of the sentence that starts with the parameter's name. */
function rule(name: string, check: (value: unknown) => boolean, message: string): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: check, defaultMessage: () => `$property ${message}` } });
}

/** Text that PostgreSQL stores unchanged: no U+0000, no lone surrogate; length counted in code points, as PostgreSQL does. */
export function IsText(maxLength: number, options?: ValidationOptions): PropertyDecorator {
  const validator = {
    validate: (value: unknown) => textProblem(value, maxLength) === undefined,
    defaultMessage: (args?: ValidationArguments) => `$property ${textProblem(args?.value, maxLength) ?? ''}`,
  };
  return ValidateBy({ name: 'isText', constraints: [maxLength], validator }, options);
}

/** What is wrong with a text, as the rest of a sentence. */
export function textProblem(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string.';
  if (value.includes('\u0000')) return 'must not contain the character U+0000.';
  if (!value.isWellFormed()) return 'must not contain a lone surrogate.';
  if (value.length > maxLength && codePoints(value) > maxLength)
    return `must not be longer than ${maxLength} characters.`;
  return undefined;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

export const isGiven = (_body: object, value: unknown): boolean => value !== undefined;

/** May be absent, but not null. */
export const IfGiven = (): PropertyDecorator => ValidateIf(isGiven);

/** A list, of what its entries are called. */
export const IsList = (of?: string): PropertyDecorator =>
  IsArray({ message: `$property must be a list${of === undefined ? '' : ` of ${of}`}.` });

export const IsNotBlank = (): PropertyDecorator =>
  rule('isNotBlank', (value) => typeof value === 'string' && value.trim() !== '', 'must not be blank.');

/** A JSON number that numeric(21,9) can hold after rounding at the ninth decimal. */
export const IsDecimal = (): PropertyDecorator =>
  ValidateBy({
    name: 'isDecimal',
    validator: {
      validate: (value: unknown) => isNumber(value) && fitsNumeric(value),
      defaultMessage: (args?: ValidationArguments) =>
        isNumber(args?.value)
          ? `$property must be between -${MAX_MONEY} and ${MAX_MONEY}.`
          : '$property must be a number.',
    },
  });

/** A JSON number; bounds of its own say how large it may be. */
export const IsNumber = (): PropertyDecorator => rule('isNumber', isNumber, 'must be a number.');

function isNumber(value: unknown): value is Decimal {
  return value instanceof ExactNumber || (typeof value === 'number' && !Number.isNaN(value));
}

export const IsAtLeast = (min: number): PropertyDecorator =>
  rule('isAtLeast', (value) => compare(value, min) >= 0, `must not be less than ${min}.`);

export const IsAtMost = (max: number): PropertyDecorator =>
  rule('isAtMost', (value) => compare(value, max) <= 0, `must not be greater than ${max}.`);

export const IsPositive = (): PropertyDecorator =>
  rule('isPositive', (value) => compare(value, 0) > 0, 'must be greater than 0.');

/** As it will be stored; NaN for what is no number, which no bound holds for. */
function compare(value: unknown, bound: number): number {
  return isNumber(value) ? compareStored(value, bound) : NaN;
}

export const IsInteger = (): PropertyDecorator =>
  rule('isInteger', (value) => Number.isInteger(value) || isLongInteger(value), 'must be an integer.');

function isLongInteger(value: unknown): boolean {
  return value instanceof ExactNumber && /^-?\d+$/.test(value.text);
}

/** A day that exists, as `YYYY-MM-DD`; class-validator's own date rules also accept weeks and times. */
export const IsDay = (): PropertyDecorator =>
  rule('isDay', isDay, 'must be a date that exists, in the form YYYY-MM-DD.');

export function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^(?!0000)\d{4}-\d\d-\d\d$/.test(value)) return false;
  // A day beyond the end of its month would be one of the next.
  return new Date(`${value}T00:00:00.000Z`).getUTCDate() === Number(value.slice(-2));
}

/** With the zones that PostgreSQL takes, up to ±15:59. */
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-5]):[0-5]\d)$/;

/** A moment: a day that exists, a time and a zone. */
export const IsTimestamp = (): PropertyDecorator =>
  rule('isTimestamp', isTimestamp, 'must be a time with a zone, such as 2024-01-15T09:30:00.000Z.');

export function isTimestamp(value: unknown): boolean {
  return typeof value === 'string' && isDay(TIMESTAMP.exec(value)?.[1]);
}

export const IsCurrencyCode = (): PropertyDecorator =>
  rule(
    'isCurrencyCode',
    (value) => typeof value === 'string' && CURRENCIES.has(value),
    'must be an ISO 4217 currency code.',
  );

export const IsUpperCaseCode = (): PropertyDecorator =>
  rule('isUpperCaseCode', (value) => typeof value === 'string' && /^[A-Z]+$/.test(value), 'must be in upper case.');

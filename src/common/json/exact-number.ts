import { randomBytes } from 'node:crypto';

/*
 * JSON numbers have no size limit, doubles do: 123456789012.123456789 read by JSON.parse comes out as ...12.12346. Numbers
 * of up to 15 digits survive a double unharmed and stay plain; longer ones travel as an ExactNumber, from the request's
 * text to PostgreSQL and from PostgreSQL to the answer's text, and are never rounded on the way.
 */

/** Marks a long number in the text that JSON.stringify makes; random, so no client can write it. */
const MARK = `exact:${randomBytes(12).toString('hex')}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');
/** How many digits a double always holds. */
const SAFE_DIGITS = 15;
/** One more than numeric(21,9) holds, in billionths. */
const LIMIT = 10n ** 21n;
/** An exponent beyond this is no number of a business; it is read as JSON.parse reads it. */
const MOST_PLACES = 60;
const OPENING_ZEROS = /^0+(?=\d)/;
const [POINT, ZERO, NINE] = [0x2e, 0x30, 0x39];

/** A decimal number kept as its text because a double could not hold it. */
export class ExactNumber {
  constructor(readonly text: string) {}

  /** What the driver sends to PostgreSQL. */
  toPostgres(): string {
    return this.text;
  }

  /** A marked string; `stringifyExact` takes mark and quotes off. */
  toJSON(): string {
    return MARK + this.text;
  }

  valueOf(): number {
    return Number(this.text);
  }
}

/** A number of the API: exact, whatever its length. */
export type Decimal = number | ExactNumber;

/** A number from its text in JSON or of PostgreSQL: a plain number where that loses nothing. */
export function readDecimal(text: string): Decimal {
  if (text.length <= SAFE_DIGITS) return Number(text);
  if (significantDigits(text) <= SAFE_DIGITS) return Number(text);
  const exponentAt = Math.max(text.indexOf('e'), text.indexOf('E'));
  if (exponentAt === -1) return new ExactNumber(withoutClosingZeros(text));
  const exponent = Number(text.slice(exponentAt + 1));
  if (Math.abs(exponent) > MOST_PLACES) return Number(text);
  return new ExactNumber(withoutClosingZeros(movePoint(text.slice(0, exponentAt), exponent)));
}

/** JSON.stringify that writes an `ExactNumber` as the number it is. */
export function stringifyExact(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes(MARK) ? text.replace(MARKED, '$1') : text;
}

/** Rounded half-up at the ninth decimal, does the number fit numeric(21,9)? */
export function fitsNumeric(value: Decimal): boolean {
  if (typeof value === 'number' || Math.abs(Number(value.text)) > 2e12) return Math.abs(Number(value)) < 1e12;
  const scaled = billionths(value);
  return -LIMIT < scaled && scaled < LIMIT;
}

/**
 * Compares a number with a bound, both as numeric(21,9) holds them, rounded half-up at the ninth decimal: below 0, 0 or above
 * 0 for less, equal or greater. Doubles decide where they cannot err, which is nearly always.
 */
export function compareStored(value: Decimal, bound: number): number {
  const difference = Number(value) - bound;
  if (value === bound || Math.abs(difference) > 1e-9 + Math.abs(bound) * 1e-14) return difference;
  return Number(billionths(value) - billionths(bound));
}

/** Are two numbers the same once numeric(21,9) holds them? */
export function isSameStored(one: Decimal, other: Decimal): boolean {
  return one === other || billionths(one) === billionths(other);
}

/** A number of less than 22 digits before the point as numeric(21,9) holds it, times 10⁹: rounded half away from zero. */
function billionths(value: Decimal): bigint {
  const [mantissa = '', exponent = '0'] = String(value instanceof ExactNumber ? value.text : value).split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = whole + fraction;
  const kept = whole.length + Number(exponent) + 9;
  if (kept < 0) return 0n;
  const scaled = BigInt(digits.slice(0, kept).padEnd(kept, '0')) + (digits.charAt(kept) >= '5' ? 1n : 0n);
  return mantissa.startsWith('-') ? -scaled : scaled;
}

/** 1.5 by 3 → 1500. */
function movePoint(number: string, places: number): string {
  const sign = number.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = number.slice(sign.length).split('.');
  const digits = whole + fraction;
  const point = whole.length + places;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const integer = digits.slice(0, point) + '0'.repeat(Math.max(point - digits.length, 0));
  return `${sign}${integer.startsWith('0') ? integer.replace(OPENING_ZEROS, '') : integer}.${digits.slice(point)}`;
}

/** 1.50 → 1.5. A loop, as the pattern /0+$/ takes a time that grows with the square of a long row of zeros. */
function withoutClosingZeros(number: string): string {
  if (!number.includes('.')) return number;
  let end = number.length;
  while (number.charCodeAt(end - 1) === ZERO) end--;
  return number.slice(0, number.charCodeAt(end - 1) === POINT ? end - 1 : end);
}

/** How many digits there are from the first to the last that is not zero. */
function significantDigits(number: string): number {
  let digits = 0;
  let significant = 0;
  for (let at = 0; at < number.length; at++) {
    const code = number.charCodeAt(at);
    if (code > NINE) break;
    if (code < ZERO || (code === ZERO && digits === 0)) continue;
    digits++;
    if (code !== ZERO) significant = digits;
  }
  return significant;
}

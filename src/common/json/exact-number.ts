import { randomBytes } from 'node:crypto';

/*
 * JSON numbers have no size limit, doubles do: 123456789012.123456789 read by JSON.parse comes out as ...12.12346. Numbers
 * of up to 15 digits survive a double unharmed and stay plain; longer ones travel as an ExactNumber, from the request's
 * text to PostgreSQL and from PostgreSQL to the answer's text, and are never rounded on the way.
 */

/** Marks a long number inside a JSON text while it passes JSON.parse or JSON.stringify; random, so no client can write it. */
const MARK = `exact:${randomBytes(12).toString('hex')}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');
const SAFE_DIGITS = 15;
/** One more than numeric(21,9) holds, in billionths. */
const LIMIT = 10n ** 21n;
/** An exponent beyond this is no number of a business; it is read as JSON.parse reads it. */
const MOST_PLACES = 60;
const LONG_NUMBER = /[\d.]{16}/;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g;

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

/** A number from PostgreSQL's numeric text: a plain number where that loses nothing. */
export function fromNumeric(text: string): Decimal {
  if (text.length <= SAFE_DIGITS) return Number(text);
  const shortest = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return digitsOf(shortest).length > SAFE_DIGITS ? new ExactNumber(shortest) : Number(shortest);
}

/** JSON.parse, but with numbers that a double cannot hold as `ExactNumber`. Throws JSON.parse's SyntaxError. */
export function parseExact(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!LONG_NUMBER.test(text)) return value;
  return JSON.parse(
    text.replace(TOKEN, (token) => (isLossy(token) ? `"${MARK}${plain(token)}"` : token)),
    (_key, entry: unknown) =>
      typeof entry === 'string' && entry.startsWith(MARK) ? new ExactNumber(entry.slice(MARK.length)) : entry,
  );
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

/** Would a double change the number that this token of a JSON text stands for? */
function isLossy(token: string): boolean {
  if (token.startsWith('"') || digitsOf(token).length <= SAFE_DIGITS) return false;
  const exponent = Number(/[eE](.*)$/.exec(token)?.[1] ?? 0);
  if (Math.abs(exponent) > MOST_PLACES) return false;
  return plain(token) !== plain(String(Number(token)));
}

function digitsOf(token: string): string {
  return token
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '');
}

/** Without exponent and without zeros that say nothing: 1.50e3 → 1500. */
function plain(token: string): string {
  const [mantissa = '', exponent = '0'] = token.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction).padEnd(point, '0').padStart((whole + fraction).length - Math.min(point, 0), '0');
  const place = Math.max(point, 0);
  const integer = digits.slice(0, place).replace(/^0+/, '') || '0';
  const decimals = withoutTrailingZeros(digits.slice(place));
  return (token.startsWith('-') ? '-' : '') + integer + (decimals === '' ? '' : `.${decimals}`);
}

/** A loop, as the pattern /0+$/ takes a time that grows with the square of a long row of zeros. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charAt(end - 1) === '0') end--;
  return digits.slice(0, end);
}

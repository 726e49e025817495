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
  return isLong(shortest) ? new ExactNumber(shortest) : Number(shortest);
}

/** JSON.parse, but with numbers that a double cannot hold as `ExactNumber`. Throws JSON.parse's SyntaxError. */
export function parseExact(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!LONG_NUMBER.test(text)) return value;
  return JSON.parse(
    text.replace(TOKEN, (token) => (isLong(token) ? `"${MARK}${token}"` : token)),
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
  if (typeof value === 'number') return Math.abs(value) < 1e12;
  const { text } = value;
  if (/[eE]/.test(text)) return Math.abs(Number(text)) < 1e12;
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const scaled = BigInt(whole + fraction.slice(0, 9).padEnd(9, '0')) + (fraction.charAt(9) >= '5' ? 1n : 0n);
  return scaled < 10n ** 21n;
}

function isLong(token: string): boolean {
  if (token.startsWith('"')) return false;
  return (
    token
      .replace(/[eE].*$/, '')
      .replace(/[-.]/g, '')
      .replace(/^0+/, '').length > SAFE_DIGITS
  );
}

import fc from 'fast-check';
import { compareStored, ExactNumber, fitsNumeric, readDecimal, stringifyExact } from './exact-number.js';
import { parseExact } from './parse-exact.js';

/** A decimal as numeric(21,9) holds it, in its shortest form. */
const decimals = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 21n - 1n })).map(([negative, scaled]) => {
  const digits = String(scaled).padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  const text = digits.slice(0, -9) + (fraction === '' ? '' : `.${fraction}`);
  return negative && scaled !== 0n ? `-${text}` : text;
});

describe('exact numbers', () => {
  it('go from the text of a body to the text of an answer without losing a digit', () => {
    fc.assert(
      fc.property(decimals, fc.string(), (decimal, text) => {
        const parsed = parseExact(`{"amount": ${decimal}, "text": ${JSON.stringify(text)}, "list": [${decimal}]}`) as {
          amount: number | ExactNumber;
        };
        const sent = parsed.amount instanceof ExactNumber ? parsed.amount.toPostgres() : String(parsed.amount);
        const [whole = '', fraction = ''] = plain(sent).split('.');
        const stored = readDecimal(`${whole}.${fraction.padEnd(9, '0')}`);
        const answer = stringifyExact({ amount: stored, text });
        expect(plain((/"amount":([^,]*),/.exec(answer) ?? [])[1] ?? '')).toBe(decimal);
        expect((JSON.parse(answer) as { text: string }).text).toBe(text);
      }),
    );
  });

  it('leaves short numbers plain and strings that look like numbers alone', () => {
    expect(parseExact('{"a": 1.5, "b": "12345678901234567890", "c": [1e400]}')).toEqual({
      a: 1.5,
      b: '12345678901234567890',
      c: [Infinity],
    });
  });

  it.each([
    ['999999999999.999999999', true],
    ['999999999999.9999999994', true],
    ['999999999999.9999999995', false],
    ['-999999999999.999999999', true],
    ['1000000000000.0000000000', false],
    ['0.00000000000000000001', true],
    ['12345678901234567e300', false],
  ])('%s fits numeric(21,9): %s', (text, fits) => {
    expect(fitsNumeric(new ExactNumber(text))).toBe(fits);
  });

  it('compares with a bound as the column does, rounded half-up at the ninth decimal', () => {
    const bounds = fc.constantFrom(0, 1, -1, 100, 2147483647);
    // Dense where rounding decides, and up to 25 decimals.
    const offsets = fc.oneof(
      fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.constantFrom(0n, 5n * 10n ** 15n, -5n * 10n ** 15n, 5n * 10n ** 15n - 1n, 1n - 5n * 10n ** 15n),
    );
    fc.assert(
      fc.property(bounds, offsets, (bound, offset) => {
        const exact = BigInt(bound) * 10n ** 25n + offset;
        const magnitude = exact < 0n ? -exact : exact;
        const digits = String(magnitude).padStart(26, '0');
        const text = `${exact < 0n ? '-' : ''}${digits.slice(0, -25)}.${digits.slice(-25)}`;
        const rounded = ((magnitude + 5n * 10n ** 15n) / 10n ** 16n) * (exact < 0n ? -1n : 1n);
        const stored = rounded - BigInt(bound) * 10n ** 9n;
        const value = (parseExact(`[${text}]`) as [number | ExactNumber])[0];
        expect(Math.sign(compareStored(value, bound))).toBe(stored < 0n ? -1 : stored > 0n ? 1 : 0);
      }),
    );
  });

  it.each([
    [5e-10, 1],
    [4.99e-10, 0],
    [-5e-10, -1],
    [1e-300, 0],
    [Infinity, 1],
    [new ExactNumber('0.00000000049999999999999999999'), 0],
    [new ExactNumber('123456789012345678901234567890'), 1],
  ])('compares %j with 0: %j', (value, sign) => {
    expect(Math.sign(compareStored(value, 0))).toBe(sign);
  });

  it('reads PostgreSQL numerics as the shortest number', () => {
    expect(readDecimal('100.500000000')).toBe(100.5);
    expect(readDecimal('100.000000000')).toBe(100);
    expect(readDecimal('-0.000000001')).toBe(-1e-9);
    expect(readDecimal('123456789012.123456789')).toEqual(new ExactNumber('123456789012.123456789'));
  });
});

/** 1e-9 → 0.000000001 */
function plain(text: string): string {
  return /e/.test(text) ? Number(text).toFixed(9).replace(/0+$/, '') : text;
}

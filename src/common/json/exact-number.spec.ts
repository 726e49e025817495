import fc from 'fast-check';
import { ExactNumber, fitsNumeric, readDecimal, stringifyExact } from './exact-number.js';
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

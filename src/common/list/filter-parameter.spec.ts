import fc from 'fast-check';
import type { Attribute, AttributeKind } from './attributes.js';
import { readConditions } from './conditions.js';
import { readFilter } from './filter-parameter.js';
import { operatorsFor, parameterName } from './operators.js';
import { ParameterReader, type RawQuery } from './parameter-reader.js';

const ATTRIBUTES: Attribute[] = (['text', 'choice', 'number', 'date', 'timestamp'] as const).flatMap((kind) => [
  attribute(`${kind}_always`, kind, false),
  attribute(`${kind}_or_null`, kind, true),
]);

function attribute(name: string, kind: AttributeKind, nullable: boolean): Attribute {
  return { name, kind, nullable, values: kind === 'choice' ? ['Open', 'Lost'] : [], description: '' };
}

/** The conditions as they go to the database, or what is wrong, without the words that tell the two ways apart. */
function outcome(query: RawQuery): { conditions: unknown[]; errors: string[] } {
  const reader = new ParameterReader(query);
  const conditions = readConditions(reader, ATTRIBUTES);
  return {
    conditions: conditions.map(({ sql, value }) => [sql('$1'), value]),
    errors: reader.errors.listed.map(({ message }) => message.replace(' in filter ', ' ')),
  };
}

const VALUES: Record<Exclude<AttributeKind, 'map'>, fc.Arbitrary<string>> = {
  text: fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', ' ', ',', '|', '"', ':', '[', ']') })),
  choice: fc.constantFrom('Open', 'Lost', 'open'),
  flag: fc.constantFrom('true', 'false', 'yes'),
  number: fc.constantFrom('0', '-1', '1250.5', '1e3'),
  date: fc.constantFrom('2024-02-29', '2023-02-29'),
  timestamp: fc.constantFrom('2024-01-15T09:30:00.000Z', '2024-01-15', 'now'),
};

const filters = fc.uniqueArray(
  fc.constantFrom(...ATTRIBUTES).chain((each) =>
    fc.constantFrom(...operatorsFor(each)).chain((operator) => {
      const value =
        operator === 'is_null' ? fc.constantFrom('true', 'false', 'yes') : VALUES[each.kind as keyof typeof VALUES];
      const several = operator === 'in' ? fc.array(value, { minLength: 1, maxLength: 3 }) : fc.tuple(value);
      return several.map((values) => ({ name: parameterName(each, operator), values }));
    }),
  ),
  { selector: ({ name }) => name, minLength: 1, maxLength: 6 },
);

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

/** Without quotes where they are not needed. */
const bare = (value: string): string => (/[,|"]|^\s|\s$/.test(value) ? quoted(value) : value);

it('means what the parameters mean that it stands for, whichever values are quoted', () => {
  const noNul = filters.filter((all) => !all.some(({ values }) => values.some((value) => value.includes('\u0000'))));
  fc.assert(
    fc.property(noNul, fc.constantFrom(quoted, bare), (all, write) => {
      const filter = all.map(({ name, values }) => `${name}:${values.map(write).join('|')}`).join(',');
      const alone = (name: string, values: string[]): string =>
        name.endsWith('[in]') ? values.map(quoted).join(',') : values.join();
      const apart = Object.fromEntries(all.map(({ name, values }) => [name, alone(name, values)]));
      expect(outcome({ filter })).toEqual(outcome(apart));
    }),
    { numRuns: 1000 },
  );
});

it.each([
  ['', []],
  ['  ', []],
  ['a:', [['a', '']]],
  ['a:1', [['a', '1']]],
  [
    ' a : 1 , b[gte] : 2 ',
    [
      ['a', '1'],
      ['b[gte]', '2'],
    ],
  ],
  ['a:10:30|x', [['a', '10:30|x']]],
  ['a[in]:1|2', [['a[in]', '1', '2']]],
  ['a[in]: 1 | "2" |3', [['a[in]', '1', '2', '3']]],
  ['a[in]:"Acme, Inc."|Roe', [['a[in]', 'Acme, Inc.', 'Roe']]],
  [
    'a:"say ""hi"", or not",b:2',
    [
      ['a', 'say "hi", or not'],
      ['b', '2'],
    ],
  ],
  ['a:" as it is "', [['a', ' as it is ']]],
  [
    'a:1,a:2',
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
])('reads %j', (text, expected) => {
  expect(readFilter(text)).toEqual(expected.map(([name, ...values]) => ({ name, values })));
});

it.each([
  ['a', 'a'],
  [',a:1', ',a:1'],
  ['a:1,b', 'b'],
  ['a:"open', 'a:"open'],
  ['a:"1"2', 'a:"1"2'],
  ['a:"1"|2', '|2'],
  ['a=1', 'a=1'],
  ['a[gte:1', 'a[gte:1'],
])('cannot read %j, and says from where on', (text, rest) => {
  expect(readFilter(text)).toBe(
    `takes conditions such as status:Open,title[in]:"Acme, Inc."|Roe, and cannot be read from here on: '${rest}'.`,
  );
});

it('says that a condition is missing', () => {
  expect(readFilter('a:1,')).toMatch(/, and ends where another condition should follow\.$/);
});

it('names the condition that is wrong', () => {
  expect(outcome({ filter: 'number_always[gte]:much,colour:red,choice_always[gt]:Open' }).errors).toEqual([
    'number_always[gte] must be a number, such as 1250.5.',
    expect.stringMatching(/^colour is not an attribute to filter by; use one of text_always, /),
    expect.stringMatching(/^choice_always\[gt\] is not a filter of choice_always; /),
  ]);
});

it('ends at a hundred conditions', () => {
  expect(readFilter(Array(100).fill('a:1').join(','))).toHaveLength(100);
  expect(readFilter(Array(101).fill('a:1').join(','))).toBe('takes at most 100 conditions.');
});

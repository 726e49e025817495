import type { Attribute, AttributeKind } from './attributes.js';
import { condition } from './conditions.js';
import { meaningOf, operatorsFor, parameterName, type Operator } from './operators.js';

const attribute = (kind: AttributeKind, nullable = false): Attribute => ({
  name: 'it',
  kind,
  nullable,
  values: kind === 'choice' ? ['Open', 'Lost'] : [],
  description: '',
});

/** The condition as SQL and its value, or what is wrong. */
function asked(kind: AttributeKind, operator: Operator, text: string): [string, unknown] | string {
  const read = condition({ attribute: attribute(kind, true), operator }, text);
  return typeof read === 'string' ? read : [read.sql('$2'), read.value];
}

it.each([
  ['text', 'eq ne in contains starts_with'],
  ['choice', 'eq ne in'],
  ['number', 'eq ne gt gte lt lte in'],
  ['date', 'eq ne gt gte lt lte in'],
  ['timestamp', 'eq ne gt gte lt lte in'],
] as const)('what fits %s is %s, and is_null where it may be null', (kind, operators) => {
  expect(operatorsFor(attribute(kind))).toEqual(operators.split(' '));
  expect(operatorsFor(attribute(kind, true))).toEqual([...operators.split(' '), 'is_null']);
});

it('plain equality has no brackets', () => {
  expect(parameterName(attribute('text'), 'eq')).toBe('it');
  expect(parameterName(attribute('text'), 'ne')).toBe('it[ne]');
  expect(meaningOf(attribute('text'), 'gt')).toBe('`it` is greater than this value.');
});

it.each([
  ['text', 'eq', 'a', 'it = $2::text', 'a'],
  ['text', 'ne', 'a', 'it is distinct from $2::text', 'a'],
  ['choice', 'in', 'Open,Lost', 'it = any($2::text[])', ['Open', 'Lost']],
  ['number', 'gt', '0.10', 'it > $2::numeric', '0.10'],
  ['date', 'lte', '2024-02-29', 'it <= $2::date', '2024-02-29'],
  ['timestamp', 'gte', '2024-02-29', 'it >= $2::timestamptz', '2024-02-29T00:00:00Z'],
  ['timestamp', 'lt', '2024-02-29T10:00+01:00', 'it < $2::timestamptz', '2024-02-29T10:00+01:00'],
  ['text', 'in', ' a , "b, c"', 'it = any($2::text[])', ['a', 'b, c']],
  ['text', 'eq', 'e\u0301', '(octet_length(it) <> length(it) and composed_text(it) = $2::text)', 'é'],
  ['text', 'in', 'é,ü', '(octet_length(it) <> length(it) and composed_text(it) = any($2::text[]))', ['é', 'ü']],
  ['text', 'in', 'é,u', 'composed_text(it) = any($2::text[])', ['é', 'u']],
  ['text', 'ne', 'é', 'composed_text(it) is distinct from $2::text', 'é'],
  ['text', 'contains', '5%_\\', 'strpos(fold_text(it), (select fold_text($2))) > 0', '5%_\\'],
  ['text', 'starts_with', '5%', 'starts_with(fold_text(it), (select fold_text($2)))', '5%'],
  ['text', 'is_null', 'true', '(it is null) = $2::boolean', 'true'],
] as const)('%s %s %s is asked of the database as %s with %j', (kind, operator, text, sql, value) => {
  expect(asked(kind, operator, text)).toEqual([sql, value]);
});

it.each([
  ['choice', 'eq', 'open', 'must be one of Open, Lost.'],
  ['choice', 'in', 'Open,open', 'must be one of Open, Lost.'],
  ['choice', 'in', 'Open,', 'has an empty value; write "" where the empty text is meant.'],
  ['number', 'eq', '1e3', 'must be a number, such as 1250.5.'],
  ['number', 'in', '1,x', 'must be a number, such as 1250.5.'],
  ['date', 'eq', '2023-02-29', 'must be a date that exists, in the form YYYY-MM-DD.'],
  ['timestamp', 'eq', '2023-02-29T00:00Z', 'must be a time such as 2024-01-15T09:30:00.000Z, or a date.'],
  ['timestamp', 'eq', '2024-01-15T09:30:00+16:00', 'must be a time such as 2024-01-15T09:30:00.000Z, or a date.'],
  ['text', 'is_null', 'yes', 'must be true or false.'],
  ['text', 'contains', '\u0000', 'must not contain the character U+0000.'],
] as const)('%s %s %j %s', (kind, operator, text, problem) => {
  expect(asked(kind, operator, text)).toBe(problem);
});

it('a list of values ends at a hundred', () => {
  expect(asked('number', 'in', Array(100).fill('1').join(','))).toHaveLength(2);
  expect(asked('number', 'in', Array(101).fill('1').join(','))).toBe('takes at most 100 values.');
});

import type { Attribute } from './attributes.js';
import { NEWEST_FIRST, orderBy, readSort, withTieBreak, type SortTerm } from './sort.js';

const attribute = (name: string, nullable = false): Attribute => ({
  name,
  nullable,
  kind: 'text',
  values: [],
  description: '',
});
const attributes = [attribute('id'), attribute('title', true), attribute('company'), attribute('city', true)];

const term = (name: string, descending = false, nullable = false): SortTerm => ({
  name,
  descending,
  nullable,
  isText: true,
});
const order = (text: string, reversed = false): string =>
  orderBy(withTieBreak(readSort(text, attributes) as SortTerm[]), reversed);

it('takes attributes in turn, - for descending', () => {
  expect(readSort(' -title , company', attributes)).toEqual([term('title', true, true), term('company')]);
});

it.each([
  ['title,company,city,id', 'takes at most 3 attributes.'],
  ['title,-title', "names 'title' twice."],
  ['title,', 'has an empty value; write "" where the empty text is meant.'],
])('refuses %s: %s', (text, problem) => {
  expect(readSort(text, attributes)).toBe(problem);
});

it.each(['""', 'nothing', '--title', '+title', '- title', 'Title'])('does not know %j', (text) => {
  expect(readSort(text, attributes)).toMatch(/^cannot sort by '/);
});

it('ends with the id, in the direction of the term before it', () => {
  expect(order('company')).toBe('company collate text_order asc, id asc');
  expect(order('company,-title')).toBe(
    'company collate text_order asc, title collate text_order desc nulls last, id desc',
  );
  expect(orderBy(withTieBreak(NEWEST_FIRST))).toBe('created_at desc, id desc');
});

it('ends at the id, as no two rows share one', () => {
  expect(order('-id,title')).toBe('id desc');
});

it('has nulls last in both directions, and first when it is turned around', () => {
  const text = (name: string): string => `${name} collate text_order`;
  expect(order('title,-city')).toBe(`${text('title')} asc nulls last, ${text('city')} desc nulls last, id desc`);
  expect(order('title,-city', true)).toBe(`${text('title')} desc nulls first, ${text('city')} asc nulls first, id asc`);
});

it('orders texts, not ids and choices, by the order of texts', () => {
  const status: Attribute = { ...attribute('status'), kind: 'choice', values: ['Open'] };
  expect(orderBy(readSort('status,company,id', [...attributes, status]) as SortTerm[])).toBe(
    'status asc, company collate text_order asc, id asc',
  );
});

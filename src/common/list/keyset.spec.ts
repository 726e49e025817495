import { AttributeOf, positionInStatement, segments, type Position } from './keyset.js';
import type { SortTerm } from './sort.js';

const term = (name: string, { descending = false, nullable = false } = {}): SortTerm => ({
  name,
  descending,
  nullable,
});

/** The stretches as `where; order`, with the values where their places would be. */
function stretches(terms: SortTerm[], at?: Position, reversed = false): string[] {
  return segments(terms, at, reversed).map((segment) => {
    const { where, order } = segment((value) => JSON.stringify(value));
    return `${where ?? 'all'}; ${order}`;
  });
}

const newest = [term('created_at', { descending: true }), term('id', { descending: true })];
const byTitle = [term('title', { nullable: true }), term('id')];

it('an order in one direction without nulls is one stretch, entered at the very row', () => {
  const at = { created_at: 5, id: 'x' };
  expect(stretches(newest)).toEqual(['all; created_at desc, id desc']);
  expect(stretches(newest, at)).toEqual(['(created_at, id) < (5, "x"); created_at desc, id desc']);
  expect(stretches(newest, at, true)).toEqual(['(created_at, id) > (5, "x"); created_at asc, id asc']);
});

it('an order that starts with an attribute that may be null has the rows without it in a stretch behind', () => {
  expect(stretches(byTitle)).toEqual(['title is not null; title asc, id asc', 'title is null; id asc']);
  expect(stretches(byTitle, { title: 't', id: 'x' })).toEqual([
    'title is not null and (title, id) > ("t", "x"); title asc, id asc',
    'title is null; id asc',
  ]);
});

it('a position without a value is in the stretch behind, and before it comes the one with values', () => {
  const at = { title: null, id: 'x' };
  expect(stretches(byTitle, at)).toEqual(['title is null and (id) > ("x"); id asc']);
  expect(stretches(byTitle, at, true)).toEqual([
    'title is null and (id) < ("x"); id desc',
    'title is not null; title desc, id desc',
  ]);
});

it('before a position with a value there are none without', () => {
  expect(stretches(byTitle, { title: 't', id: 'x' }, true)).toEqual([
    'title is not null and (title, id) < ("t", "x"); title desc, id desc',
  ]);
});

it('a later attribute that may be null is last within what comes before it, and never bounds the range', () => {
  const terms = [term('city', { nullable: true }), term('title', { nullable: true }), term('id')];
  const at = { city: null, title: 't', id: 'x' };
  expect(stretches(terms, at)).toEqual([
    'city is null and (((title > "t" or title is null)) or (title = "t" and id > "x")); title asc nulls last, id asc',
  ]);
  expect(stretches(terms, { ...at, title: null })).toEqual([
    'city is null and ((title is null and id > "x")); title asc nulls last, id asc',
  ]);
});

it('terms of different directions are entered by the range of the first', () => {
  const terms = [term('company'), term('created_at', { descending: true }), term('id', { descending: true })];
  expect(stretches(terms, { company: 'c', created_at: 5, id: 'x' })).toEqual([
    'company >= "c" and ((company > "c") or (company = "c" and created_at < 5) or (company = "c" and created_at = 5 and id < "x")); company asc, created_at desc, id desc',
  ]);
});

it('texts are beyond a position in the order of texts, and equal to it as they are', () => {
  const byText: SortTerm[] = [
    { ...term('company'), isText: true },
    term('created_at', { descending: true }),
    term('id'),
  ];
  expect(stretches([{ ...term('company'), isText: true }, term('id')], { company: 'c', id: 'x' })).toEqual([
    '(company collate text_order, id) > ("c", "x"); company collate text_order asc, id asc',
  ]);
  expect(stretches(byText, { company: 'c', created_at: 5, id: 'x' })).toEqual([
    'company collate text_order >= "c" and ((company collate text_order > "c") or (company = "c" and created_at < 5) or (company = "c" and created_at = 5 and id > "x")); company collate text_order asc, created_at desc, id asc',
  ]);
});

it('a position is left to the statement unless an attribute may be null', () => {
  expect(positionInStatement(newest, 'x')).toEqual({ created_at: new AttributeOf('created_at', 'x'), id: 'x' });
  expect(positionInStatement([term('id')], 'x')).toEqual({ id: new AttributeOf('id', 'x') });
  expect(positionInStatement(byTitle, 'x')).toBeUndefined();
});

it('places no value that no condition uses, as PostgreSQL refuses those', () => {
  const terms = [term('city', { nullable: true }), term('company'), term('title', { nullable: true }), term('id')];
  for (const city of ['c', null])
    for (const title of ['t', null])
      for (const reversed of [false, true])
        for (const segment of segments(terms, { city, company: 'co', title, id: 'x' }, reversed)) {
          const placed: string[] = [];
          const { where } = segment(() => placed[placed.push(`$${placed.length + 1}`) - 1] ?? '');
          expect(where?.match(/\$\d+/g) ?? []).toEqual(expect.arrayContaining(placed));
        }
});

import { linksOf } from './links.js';
import type { Page } from '../list/page.js';

const page = (has_more: boolean, first: string | undefined = 'a', last = 'z'): Page<unknown> => ({
  data: [],
  has_more,
  total: null,
  edges: { first, last },
});

const next = (query = ''): string => `</list?${query}starting_after=z>; rel="next"`;
const prev = (query = ''): string => `</list?${query}ending_before=a>; rel="prev"`;

it.each([
  ['/list', false, []],
  ['/list', true, [next()]],
  ['/list?offset=0', true, [next()]],
  ['/list?offset=20', true, [next(), prev()]],
  ['/list?offset=20', false, [prev()]],
  ['/list?starting_after=x', true, [next(), prev()]],
  ['/list?starting_after=x', false, [prev()]],
  // Backwards, what is more comes before the page; what it came from, after it.
  ['/list?ending_before=x', true, [next(), prev()]],
  ['/list?ending_before=x', false, [next()]],
])('%s with has_more %j has %j', (url, hasMore, links) => {
  expect(linksOf(url, page(hasMore))).toEqual(links);
});

it('keeps all other parameters, whatever stands in them', () => {
  const query = 'title%5Bne%5D=what%3F+%26&limit=2&';
  expect(linksOf('/list?title[ne]=what?%20%26&limit=2&starting_after=x', page(true))).toEqual([
    next(query),
    prev(query),
  ]);
});

it('leaves out the way back, then the way on, where the header would be long', () => {
  const links = (length: number, place: string): string[] =>
    linksOf(`/list?title=${'x'.repeat(length)}&${place}`, page(true)).map((link) => link.replace(/x+/, ''));
  const both = [next('title=&'), prev('title=&')];
  expect(links(1900, 'starting_after=x')).toEqual(both);
  expect(links(1900, 'ending_before=x')).toEqual(both);
  expect(links(3900, 'starting_after=x')).toEqual([next('title=&')]);
  expect(links(3900, 'ending_before=x')).toEqual([prev('title=&')]);
  expect(links(4100, 'starting_after=x')).toEqual([]);
});

it('has nowhere to go from an empty page', () => {
  expect(linksOf('/list?offset=20', { ...page(false), edges: { first: undefined, last: undefined } })).toEqual([]);
  expect(linksOf('/list?offset=20', { data: [], has_more: false, total: 0 })).toEqual([]);
});

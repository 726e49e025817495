import { listedValues } from './listed-values.js';

it.each([
  ['a', ['a']],
  ['a,b', ['a', 'b']],
  [' a , b c ', ['a', 'b c']],
  ['"Acme, Inc.",Roe', ['Acme, Inc.', 'Roe']],
  [' "Acme, Inc." , "Roe" ', ['Acme, Inc.', 'Roe']],
  ['"He said ""no"""', ['He said "no"']],
  ['" blanks "', [' blanks ']],
  ['""', ['']],
  ['a,"",b', ['a', '', 'b']],
  ['19" rack,o\'Neil "x"', ['19" rack', 'o\'Neil "x"']],
  ['c\\d,{a_b},NULL', ['c\\d', '{a_b}', 'NULL']],
  ['a\nb', ['a\nb']],
])('%j has the values %j', (text, values) => {
  expect(listedValues(text)).toEqual(values);
});

it.each(['', ' ', ',', 'a,', ',a', 'a,,b', 'a, ,b'])(
  '%j has an empty value, which has to be written in quotes',
  (text) => {
    expect(listedValues(text)).toMatch(/^has an empty value; write ""/);
  },
);

it.each(['"', '"a', '"a" b', '"a"b,c', 'a,"b', '"a""'])('%j has a quote that does not close a value', (text) => {
  expect(listedValues(text)).toMatch(/^has a quoted value that does not end at a comma/);
});

it('takes a long text in one pass', () => {
  expect(listedValues('" '.repeat(8000))).toMatch(/^has a quoted/);
  expect(listedValues(`a${' '.repeat(16_000)}b`)).toHaveLength(1);
});

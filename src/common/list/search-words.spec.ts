import { searchQuery, searchWords } from './search-words.js';

it.each([
  ['Crème BRÛLÉE', ['creme', 'brulee']],
  ['A\u030angstrom', ['angstrom']],
  ['anna.berg@example.com', ['anna', 'berg', 'example', 'com']],
  ['2024/17', ['2024', '17']],
  ['snake_case', ['snake', 'case']],
  ['again Again', ['again']],
  ['ΟΔΟΣ', ['οδοσ']],
  ['हिन्दी', ['हिन', 'दी']],
  ["' : * & | ! ( ) \\", []],
  ['', []],
])('%j has the words %j', (text, words) => {
  expect(searchWords(text)).toEqual(words);
});

it('cuts a word where the index does, by code points, and takes twenty', () => {
  expect(searchWords('𝒂'.repeat(70))).toEqual(['a'.repeat(64)]);
  expect(searchWords('漢'.repeat(70))).toEqual(['漢'.repeat(64)]);
  expect(searchWords('𠀀'.repeat(70))).toEqual(['𠀀'.repeat(64)]);
  expect(searchWords(Array.from({ length: 30 }, (_, n) => `w${n}`).join(' '))).toHaveLength(20);
});

it('wants all words, each as the beginning of a word of the workspace', () => {
  expect(searchQuery('workspace_1', ['a', 'b'])).toBe("'workspace_1/a':* & 'workspace_1/b':*");
});

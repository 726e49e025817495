import fc from 'fast-check';
import { reorderProblem } from './permutation.js';

describe('reorderProblem', () => {
  it('accepts exactly the permutations', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(
        ids.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => reorderProblem(all, shuffled) === undefined,
      ),
    );
  });

  it('says which ids are missing, repeated and foreign', () => {
    expect(reorderProblem(['a', 'b', 'c'], ['a', 'a', 'x'])).toBe(
      'ids must name every child exactly once: missing b, c; repeated a; foreign x.',
    );
  });

  it('shows the first few of many', () => {
    const many = Array.from({ length: 9 }, (_entry, index) => `id${index}`);
    expect(reorderProblem(many, [])).toContain('missing id0, id1, id2, id3, id4 and 4 more');
  });
});

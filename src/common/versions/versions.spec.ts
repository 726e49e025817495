import { ApiException } from '../errors/api.exception.js';
import { etagOf, requireVersion, versionsIn } from './versions.js';

describe('versionsIn', () => {
  it('reads the tag that etagOf wrote', () => {
    expect(versionsIn(etagOf(42))).toEqual([42]);
  });

  it.each([
    ['a list', '"1", "2","3"', [1, 2, 3]],
    ['white space around a tag', '  "7"\t', [7]],
    ['nothing of a weak tag, as If-Match compares strongly', 'W/"7"', []],
    ['only the strong ones of a list', 'W/"1", "2"', [2]],
    ['nothing of a tag that is not ours', '"abc", 7, "-1", "1.0", ""', []],
    ['nothing of a number no version can have', '"12345678901234567890"', []],
    ['nothing of an empty header', '', []],
  ])('reads %s', (_case, header, versions) => {
    expect(versionsIn(header)).toEqual(versions);
  });

  it.each([undefined, '*', ' * '])('expects nothing of %p', (header) => {
    expect(versionsIn(header)).toBeUndefined();
  });
});

describe('requireVersion', () => {
  it.each([undefined, [5], [4, 5]])('lets version 5 pass where %p is expected', (expected) => {
    expect(() => {
      requireVersion(5, expected);
    }).not.toThrow();
  });

  it.each([[[]], [[4]], [[4, 6]]])('refuses version 5 where %p is expected, with the tag there is', (expected) => {
    const refusal = thrownBy(() => {
      requireVersion(5, expected);
    });
    expect(refusal).toBeInstanceOf(ApiException);
    expect((refusal as ApiException).getStatus()).toBe(412);
    expect((refusal as ApiException).fault).toMatchObject({ code: 'precondition_failed', headers: { ETag: '"5"' } });
  });
});

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

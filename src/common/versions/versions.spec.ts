import { ApiException } from '../errors/api.exception.js';
import { requireVersion } from './versions.js';

describe('requireVersion', () => {
  it.each([undefined, [5], [4, 5]])('lets version 5 pass where %j is expected', (expected) => {
    expect(() => {
      requireVersion(5, expected);
    }).not.toThrow();
  });

  it.each([[[]], [[4]], [[4, 6]]])('refuses version 5 where %j is expected, with the tag there is', (expected) => {
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

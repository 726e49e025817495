import { prefersStrict } from './strict-handling.js';

describe('prefersStrict', () => {
  it.each([
    'handling=strict',
    'respond-async, handling=strict',
    'Handling="strict"; foo=1',
    ['wait=5', 'handling=strict'],
  ])('sees %j', (prefer) => {
    expect(prefersStrict(prefer)).toBe(true);
  });

  it.each([undefined, '', 'handling=lenient', 'xhandling=strict', 'handling=strictly'])(
    'does not take %j for it',
    (prefer) => {
      expect(prefersStrict(prefer)).toBe(false);
    },
  );
});

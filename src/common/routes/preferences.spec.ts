import { prefers } from './preferences.js';

describe('prefers', () => {
  it.each([
    'stale-ok',
    'handling=strict, stale-ok',
    'Stale-OK',
    'stale-ok; foo=1',
    'stale-ok=""',
    ['wait=5', 'stale-ok'],
  ])('sees stale-ok in %j', (header) => {
    expect(prefers(header, 'stale-ok')).toBe(true);
  });

  it.each([undefined, '', 'stale', 'stale-okay', 'xstale-ok', 'stale-ok=no', 'handling=stale-ok', '"stale-ok"'])(
    'does not see it in %j',
    (header) => {
      expect(prefers(header, 'stale-ok')).toBe(false);
    },
  );

  it.each([
    'handling=strict',
    'stale-ok,handling=strict',
    'respond-async, Handling="strict"; foo=1',
    'handling = STRICT',
  ])('sees handling=strict in %j', (header) => {
    expect(prefers(header, 'handling', 'strict')).toBe(true);
  });

  it.each(['handling', 'handling=lenient', 'handling=strictly', 'xhandling=strict'])(
    'does not see it in %j',
    (header) => {
      expect(prefers(header, 'handling', 'strict')).toBe(false);
    },
  );
});

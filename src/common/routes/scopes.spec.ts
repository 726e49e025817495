import { allows, SCOPES } from './scopes.js';

describe('scopes', () => {
  it.each([
    ['read', ['read']],
    ['write', ['read', 'write']],
    ['admin', ['read', 'write', 'admin']],
  ] as const)('%s allows %j and nothing else', (granted, allowed) => {
    expect(SCOPES.filter((needed) => allows([granted], needed))).toEqual(allowed);
  });

  it('add up, in whatever order a key carries them', () => {
    expect(SCOPES.filter((needed) => allows(['write', 'read'], needed))).toEqual(['read', 'write']);
  });

  it('are needed: a key without any may do nothing', () => {
    expect(SCOPES.filter((needed) => allows([], needed))).toEqual([]);
  });

  it('that this version does not know allow nothing', () => {
    expect(SCOPES.filter((needed) => allows(['delete' as 'read'], needed))).toEqual([]);
  });
});

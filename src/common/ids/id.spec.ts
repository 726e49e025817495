import { newId } from './id.js';

describe('newId', () => {
  it('is the prefix and 26 lower-case base32 characters', () => {
    expect(newId('opportunity-item')).toMatch(/^opportunity-item_[0-9a-hjkmnp-tv-z]{26}$/);
  });

  it('sorts by order of creation, also within a millisecond', () => {
    const ids = Array.from({ length: 1000 }, () => newId('x'));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(1000);
  });
});

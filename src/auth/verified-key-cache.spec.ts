import { VerifiedKeyCache, type VerifiedCaller } from './verified-key-cache.js';

const CALLER = { keyId: 'api-key_1', expiresAt: null } as VerifiedCaller;

it('does not remember what was found of a key by a look that began before the key was changed', async () => {
  const cache = new VerifiedKeyCache();
  let find: (caller: VerifiedCaller) => void = () => undefined;
  const before = cache.find('hash', () => new Promise((resolve) => (find = resolve)));
  cache.forget(CALLER.keyId);
  const after = cache.find('hash', () => Promise.resolve(undefined));
  find(CALLER);
  expect([await before, await after]).toEqual([CALLER, undefined]);
  expect(cache.get('hash')).toBeUndefined();
});

it('looks a key up again after a look that failed', async () => {
  const cache = new VerifiedKeyCache();
  await expect(cache.find('hash', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await cache.find('hash', () => Promise.resolve(CALLER))).toBe(CALLER);
  expect(cache.get('hash')).toBe(CALLER);
});

import * as fc from 'fast-check';
import { generateKey, hashKey, hintOf, modeOfKey, MODES } from './api-key.format.js';

const BASE62 = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];

const anyKey = fc.constantFrom(...MODES).map(generateKey);

describe('an API key', () => {
  it.each(MODES)('of mode %s tells its mode and has the documented form', (mode) => {
    const key = generateKey(mode);
    expect(key).toMatch(new RegExp(`^sk_${mode}_crm_[0-9A-Za-z]{36}$`));
    expect(modeOfKey(key)).toBe(mode);
  });

  it('is never made twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => generateKey('test'))).size).toBe(1000);
  });

  it('is refused with any one character changed', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(35), fc.constantFrom(...BASE62), (key, place, character) => {
        const at = key.length - 36 + place;
        fc.pre(key[at] !== character);
        expect(modeOfKey(key.slice(0, at) + character + key.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it('is refused with two neighbours swapped', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(34), (key, place) => {
        const at = key.length - 36 + place;
        const [left = '', right = ''] = key.slice(at, at + 2);
        fc.pre(left !== right);
        expect(modeOfKey(key.slice(0, at) + right + left + key.slice(at + 2))).toBeUndefined();
      }),
    );
  });

  it('does not become one of the other mode by its prefix', () => {
    expect(modeOfKey(generateKey('test').replace('sk_test_', 'sk_live_'))).toBeUndefined();
  });

  it('is refused with anything before or after it', () => {
    const key = generateKey('live');
    expect([` ${key}`, `${key}\n`, `${key}0`, key.slice(0, -1), key.toUpperCase(), ''].map(modeOfKey)).toEqual(
      Array(6).fill(undefined),
    );
  });

  it('stays valid for as long as its form does not change', () => {
    expect(modeOfKey(`sk_test_crm_${'0'.repeat(30)}0HGh7u`)).toBe('test');
    expect(modeOfKey(`sk_live_crm_${'z'.repeat(30)}2Fzax8`)).toBe('live');
  });

  it('is recognised by its beginning and its last four characters', () => {
    expect(hintOf(`sk_test_crm_${'0'.repeat(30)}0HGh7u`)).toBe('sk_test_crm_…Gh7u');
  });

  it('is kept as its SHA-256 in hexadecimal', () => {
    expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

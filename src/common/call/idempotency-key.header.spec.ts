import { ApiException } from '../errors/api.exception.js';
import { readIdempotencyKey } from './idempotency-key.header.js';

describe('readIdempotencyKey', () => {
  it.each([
    ['order-1', 'order-1'],
    ['"order-1"', 'order-1'],
    ['"', '"'],
    ['a"b', 'a"b'],
    ['two words', 'two words'],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  ])('reads %j', (header, key) => {
    expect(readIdempotencyKey(header)).toBe(key);
  });

  it.each(['', '""', 'k'.repeat(256), 'clé', 'tab\there', 'del\u007f'])('refuses %j', (header) => {
    expect(() => readIdempotencyKey(header)).toThrow(ApiException);
  });
});

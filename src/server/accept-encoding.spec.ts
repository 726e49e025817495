import { takesCoding } from './accept-encoding.js';

it.each([
  ['gzip', true],
  ['GZIP', true],
  ['x-gzip', true],
  ['deflate, gzip;q=0.1', true],
  ['*;q=0.1, identity;q=0', true],
  ['br;q=0, *', true],
  ['gzip;q=0.5, identity;q=0.5', true],
  ['gzip;q=0.5, identity', false],
  ['gzip;q=0, *', false],
  ['gzip;q=2', false],
  ['br', false],
  ['', false],
  [undefined, false],
])('takes gzip by %j: %s', (header, takes) => {
  expect(takesCoding(header, 'gzip')).toBe(takes);
});

it.each([
  ['br', true],
  ['gzip, Br;q=0.5, identity;q=0.1', true],
  ['br;q=0, *', false],
  ['br;q=0,gzip;q=0,*;q=1', false],
])('takes br by %j: %s', (header, takes) => {
  expect(takesCoding(header, 'br')).toBe(takes);
});

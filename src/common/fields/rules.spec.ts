import 'reflect-metadata';
import { check } from '../body/check.js';
import { ExactNumber } from '../json/exact-number.js';
import { IsAtLeast, IsAtMost, IsDay, IsDecimal, IsInteger, IsNotBlank, IsNumber, IsPositive, IsText } from './rules.js';

class Sample {
  @IsText(3)
  text: string;
  @IsText(9)
  @IsNotBlank()
  name: string;
  @IsDay()
  day: string;
  @IsDecimal()
  money: number;
  @IsNumber()
  @IsAtMost(100)
  percent: number;
  @IsDecimal()
  @IsPositive()
  rate: number;
  @IsDecimal()
  @IsAtLeast(0)
  quantity: number;
  @IsInteger()
  count: number;
}

const valid = {
  text: 'abc',
  name: 'a',
  day: '2024-02-29',
  money: -1.5,
  percent: 100,
  rate: 0.5,
  quantity: 0,
  count: 3,
};

function problem(change: object): string | undefined {
  return check(Sample, { ...valid, ...change }).errors.listed[0]?.message;
}

describe('rules', () => {
  it('accept what is valid', () => {
    expect(problem({})).toBeUndefined();
  });

  it.each<[object, string]>([
    [{ text: 'abcd' }, 'text must not be longer than 3 characters.'],
    [{ text: 'a\u0000' }, 'text must not contain the character U+0000.'],
    [{ text: 'a\ud800' }, 'text must not contain a lone surrogate.'],
    [{ text: 1 }, 'text must be a string.'],
    [{ name: ' \t\n' }, 'name must not be blank.'],
    [{ day: '2023-02-29' }, 'day must be a date that exists, in the form YYYY-MM-DD.'],
    [{ day: '2024-W01' }, 'day must be a date that exists, in the form YYYY-MM-DD.'],
    [{ day: '0000-01-01' }, 'day must be a date that exists, in the form YYYY-MM-DD.'],
    [{ money: '1' }, 'money must be a number.'],
    [{ percent: '1' }, 'percent must be a number.'],
    [{ money: 1e12 }, 'money must be between -999999999999.999999999 and 999999999999.999999999.'],
    [
      { money: new ExactNumber('12345678901234567') },
      'money must be between -999999999999.999999999 and 999999999999.999999999.',
    ],
    [{ money: Infinity }, 'money must be between -999999999999.999999999 and 999999999999.999999999.'],
    [{ percent: new ExactNumber('100.00000000050000001') }, 'percent must not be greater than 100.'],
    [{ percent: new ExactNumber('1e400') }, 'percent must not be greater than 100.'],
    [{ rate: 0 }, 'rate must be greater than 0.'],
    [{ rate: 4e-10 }, 'rate must be greater than 0.'],
    [{ rate: new ExactNumber('0.00000000049999999999999999999') }, 'rate must be greater than 0.'],
    [{ quantity: -5e-10 }, 'quantity must not be less than 0.'],
    [{ count: 1.5 }, 'count must be an integer.'],
  ])('refuse %j', (change, message) => {
    expect(problem(change)).toBe(message);
  });

  it.each([
    { rate: 5e-10 },
    { percent: new ExactNumber('100.00000000049999999') },
    { quantity: new ExactNumber('-0.00000000049999999999') },
  ])('judge a number as it is stored, rounded at the ninth decimal, and accept %j', (change) => {
    expect(problem(change)).toBeUndefined();
  });

  it('count text in code points', () => {
    expect(problem({ text: '😀😀😀' })).toBeUndefined();
    expect(problem({ text: '😀😀😀😀' })).toBe('text must not be longer than 3 characters.');
  });
});

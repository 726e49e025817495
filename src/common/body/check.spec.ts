import 'reflect-metadata';
import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import type { ParameterError } from '../errors/api.exception.js';
import { check, type CheckOptions } from './check.js';
import { setReadOnlyAttributes } from './read-only-attributes.js';

class Line {
  @IsInt()
  @Max(9)
  qty: number;
}

class Order {
  @IsString()
  name: string;

  @IsOptional()
  @IsInt()
  @Max(9, { message: (args) => `${args.property} is more than ${String(args.constraints[0])}` })
  qty?: number | null;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @ApiProperty({ type: [Line] })
  lines?: Line[];

  @IsOptional()
  @IsString({ each: true })
  tags?: string[];
}
setReadOnlyAttributes(Order, ['id']);

const errorsOf = (body: object, options?: CheckOptions): ParameterError[] => check(Order, body, options).errors.listed;

describe('check', () => {
  it('answers the known attributes and nothing else', () => {
    const { value, errors } = check(Order, { name: 'a', qty: null, id: 7 });
    expect([value, errors.listed]).toEqual([{ name: 'a', qty: null }, []]);
  });

  it('tells a missing attribute from a null and from a wrong one', () => {
    expect(errorsOf({})).toEqual([{ param: 'name', code: 'parameter_missing', message: 'name is required.' }]);
    expect(errorsOf({ name: null })[0]).toMatchObject({
      code: 'parameter_invalid',
      message: 'name must not be null.',
    });
    expect(errorsOf({ name: 1 })[0]?.message).toBe('name must be a string.');
  });

  it('names every failing attribute, those of entries by their path', () => {
    const errors = errorsOf({ name: 1, qty: 10, lines: [{ qty: 1 }, { qty: 10, x: 1 }, 3], tags: ['a', 2] });
    expect(errors.map(({ param, message }) => [param, message])).toEqual([
      ['name', 'name must be a string.'],
      ['qty', 'qty is more than 9.'],
      ['lines[1].qty', 'lines[1].qty must not be greater than 9.'],
      ['lines[1].x', '"lines[1].x" is not a parameter of this operation.'],
      ['lines[2]', 'lines[2] must be an object.'],
      ['tags[1]', 'tags[1] must be a string.'],
    ]);
  });

  it('does not take inherited names of objects for attributes', () => {
    const body = JSON.parse('{"name": "a", "__proto__": {"qty": 99}, "constructor": 1, "toString": 2}') as object;
    expect(errorsOf(body).map(({ param, code }) => [param, code])).toEqual([
      ['__proto__', 'parameter_unknown'],
      ['constructor', 'parameter_unknown'],
      ['toString', 'parameter_unknown'],
    ]);
  });

  it('refuses read-only attributes when asked to be strict', () => {
    expect(errorsOf({ name: 'a', id: 7 }, { strict: true })).toEqual([
      { param: 'id', code: 'parameter_read_only', message: 'id is read-only.' },
    ]);
  });

  it('lists a hundred errors, and says how many there are', () => {
    const { errors } = check(Order, { name: 'a', lines: Array.from({ length: 250 }, () => ({ qty: 'x' })) });
    expect(errors.exception?.fault.param).toBe('lines[0].qty');
    expect(errors.exception?.message).toMatch(
      /^lines\[0\]\.qty must be .*\. The first 100 of 250 failing parameters are listed\.$/,
    );
    expect(errors.listed.map(({ param }) => param)).toEqual(Array.from({ length: 100 }, (_, n) => `lines[${n}].qty`));
  });

  it('refuses a list that is too long without looking at its entries', () => {
    const untouchable = new Proxy(
      {},
      {
        get: () => {
          throw new Error('looked at');
        },
      },
    );
    expect(errorsOf({ name: 'a', lines: [untouchable, untouchable, untouchable] }, { maxEntries: 2 })).toEqual([
      {
        param: 'lines',
        code: 'children_limit_reached',
        message: 'At most 2 of these are allowed; this request would make more.',
      },
    ]);
  });

  it('repeats only the beginning of a long name', () => {
    const [error] = errorsOf({ name: 'a', ['x'.repeat(100_000)]: 1 });
    expect(error?.param).toBe(`${'x'.repeat(200)}…`);
    expect(error?.message.length).toBeLessThan(300);
  });
});

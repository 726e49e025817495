import 'reflect-metadata';
import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { check } from './check.js';
import { ignoreNames } from './ignored-names.js';

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
ignoreNames(Order, ['id']);

describe('check', () => {
  it('answers the known attributes and nothing else', () => {
    expect(check(Order, { name: 'a', qty: null, id: 7 })).toEqual({ value: { name: 'a', qty: null }, errors: [] });
  });

  it('tells a missing attribute from a null and from a wrong one', () => {
    expect(check(Order, {}).errors).toEqual([
      { param: 'name', code: 'parameter_missing', message: 'name is required.' },
    ]);
    expect(check(Order, { name: null }).errors[0]).toMatchObject({
      code: 'parameter_invalid',
      message: 'name must not be null.',
    });
    expect(check(Order, { name: 1 }).errors[0]?.message).toBe('name must be a string.');
  });

  it('names every failing attribute, those of entries by their path', () => {
    const { errors } = check(Order, { name: 1, qty: 10, lines: [{ qty: 1 }, { qty: 10, x: 1 }, 3], tags: ['a', 2] });
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
    expect(check(Order, body).errors.map(({ param, code }) => [param, code])).toEqual([
      ['__proto__', 'parameter_unknown'],
      ['constructor', 'parameter_unknown'],
      ['toString', 'parameter_unknown'],
    ]);
  });

  it('refuses read-only attributes when asked to be strict', () => {
    expect(check(Order, { name: 'a', id: 7 }, true).errors).toEqual([
      { param: 'id', code: 'parameter_read_only', message: 'id is read-only.' },
    ]);
  });
});

import { HttpStatus, Injectable, type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import type { SelfReadingQuery } from '../list/list-query.js';
import { ApiException } from '../errors/api.exception.js';
import { ParameterErrors } from '../errors/parameter-errors.js';
import { ID_LENGTH } from '../fields/limits.js';
import { check, isObject } from './check.js';
import { notAnObject } from './json-body.js';
import { isOptionalBody } from './optional-body.js';
import { rulesOf } from './rules-of.js';
import { isStrict, markStrict } from './strict-handling.js';

/** Checks every `@Body()` and `@Query()` that is declared with a class, and hands on only what the class knows. */
@Injectable()
export class ParametersPipe implements PipeTransform {
  /** `maxEntries`: see `check`. */
  constructor(private readonly maxEntries: number) {}

  transform(value: unknown, { type, metatype, data }: ArgumentMetadata): unknown {
    if (type === 'param' && data !== undefined) return storable(value as string);
    if (type === 'param' && metatype !== undefined) return accept(check(metatype, value as object));
    if (data !== undefined || metatype === undefined || metatype === Object) return value;
    if (type === 'body') return this.body(metatype, value);
    if (type === 'query') return this.query(metatype, value as Record<string, string | string[]>);
    return value;
  }

  private body(type: Type, sent: unknown): unknown {
    const given = sent ?? (isOptionalBody(type) ? {} : sent);
    if (!isObject(given)) throw notAnObject();
    const strict = isStrict(given);
    const value = accept(check(type, given, { strict, maxEntries: this.maxEntries }));
    // For services that check a part of the body themselves.
    if (strict) markStrict(value);
    return value;
  }

  private query(type: Type, given: Record<string, string | string[]>): unknown {
    if ('read' in type) return accept((type as SelfReadingQuery<unknown>).read(given));
    const { fields } = rulesOf(type);
    const repeated = Object.keys(given).filter((name) => Array.isArray(given[name]));
    const values = Object.entries(given).map(([name, text]) => [
      name,
      fields.get(name)?.numeric ? toNumber(text) : text,
    ]);
    const { value, errors } = check(type, Object.fromEntries(values) as object);
    const all = new ParameterErrors();
    for (const param of repeated) all.add(param, 'parameter_invalid', () => `${param} must be given only once.`);
    all.addAll(errors, repeated);
    return accept({ value, errors: all });
  }
}

function accept<T>({ value, errors }: { value: T; errors: ParameterErrors }): T {
  errors.refuse();
  return value;
}

/** Only plain decimal digits become a number; anything else is left for the rules to refuse. */
function toNumber(text: string | string[]): unknown {
  return typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text;
}

/** An id that PostgreSQL could not store names nothing: one with U+0000, or longer than any. */
function storable(id: string): string {
  if (!id.includes('\u0000') && id.length <= ID_LENGTH) return id;
  throw new ApiException(HttpStatus.NOT_FOUND, { code: 'resource_missing', message: 'No object has such an id.' });
}

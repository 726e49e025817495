import { HttpStatus, Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { ApiException } from '../errors/api.exception.js';
import { ID_LENGTH } from '../fields/limits.js';
import { checkedValue } from './checked-values.js';
import { isOptionalBody } from './optional-body.js';

/** Hands on what the guard has made of each `@Body()` and `@Query()`, and refuses ids that nothing can have. */
@Injectable()
export class ParametersPipe implements PipeTransform {
  transform(value: unknown, { type, metatype, data }: ArgumentMetadata): unknown {
    if (type === 'param' && data !== undefined) return storable(value as string);
    if (type === 'body' && (value ?? undefined) === undefined && metatype !== undefined && isOptionalBody(metatype))
      return {};
    return data === undefined && (type === 'body' || type === 'query') ? checkedValue(value) : value;
  }
}

/** An id that PostgreSQL could not store names nothing: one with U+0000, or longer than any. */
function storable(id: string): string {
  if (!id.includes('\u0000') && id.length <= ID_LENGTH) return id;
  throw new ApiException(HttpStatus.NOT_FOUND, { code: 'resource_missing', message: 'No object has such an id.' });
}

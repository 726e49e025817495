import { isUtf8 } from 'node:buffer';
import { HttpStatus } from '@nestjs/common';
import { ApiException } from '../errors/api.exception.js';
import { parseExact } from '../json/exact-number.js';

const MAX_DEPTH = 32;

/**
 * A body that could not be read. Fastify reads bodies before Nest's guards run; raising the failure there would answer 400
 * to a client without a key. So it travels as the body, and the pipe that needs the body raises it.
 */
export class UnreadableBody {
  constructor(readonly exception: ApiException) {}
}

/** The value of a JSON text, numbers kept exact; or why there is none. */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return unreadable('The body is not valid UTF-8.');
  try {
    const value = parseExact(bytes.toString());
    if (depthWithin(value, MAX_DEPTH)) return value;
    return unreadable(`The body is nested more than ${MAX_DEPTH} levels deep.`);
  } catch {
    return unreadable('The body is not valid JSON.');
  }
}

export function unsupportedMediaType(given: string): UnreadableBody {
  return new UnreadableBody(
    new ApiException(HttpStatus.UNSUPPORTED_MEDIA_TYPE, {
      code: 'media_type_unsupported',
      message: `The body must be application/json, not ${given === '' ? 'of no named type' : given}.`,
    }),
  );
}

function unreadable(message: string): UnreadableBody {
  return new UnreadableBody(new ApiException(HttpStatus.BAD_REQUEST, { code: 'json_invalid', message }));
}

function depthWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((entry) => depthWithin(entry, levels - 1));
}

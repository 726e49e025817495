import { isUtf8 } from 'node:buffer';
import { HttpStatus } from '@nestjs/common';
import { ApiException } from '../errors/api.exception.js';
import { beyondBounds } from '../json/json-bounds.js';
import { parseExact } from '../json/parse-exact.js';

/** The value of a JSON text, numbers kept exact. Throws 400 for what is none. */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw unreadable('The body is not valid UTF-8.');
  const text = bytes.toString();
  const excess = beyondBounds(text);
  if (excess !== undefined) throw unreadable(`The body ${excess}.`);
  try {
    return parseExact(text);
  } catch {
    throw unreadable('The body is not valid JSON.');
  }
}

export function unsupportedMediaType(given: string): ApiException {
  return new ApiException(HttpStatus.UNSUPPORTED_MEDIA_TYPE, {
    code: 'media_type_unsupported',
    message: `The body must be application/json, not ${given === '' ? 'of no named type' : given}.`,
  });
}

function unreadable(message: string): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, { code: 'json_invalid', message });
}

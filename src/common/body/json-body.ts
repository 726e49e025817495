import { isUtf8 } from 'node:buffer';
import { HttpStatus } from '@nestjs/common';
import { ApiException } from '../errors/api.exception.js';
import { parseExact } from '../json/exact-number.js';

const MAX_DEPTH = 32;

/** The value of a JSON text, numbers kept exact. Throws 400 for what is none. */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw unreadable('The body is not valid UTF-8.');
  const value = parse(bytes.toString());
  if (depthWithin(value, MAX_DEPTH)) return value;
  throw unreadable(`The body is nested more than ${MAX_DEPTH} levels deep.`);
}

export function unsupportedMediaType(given: string): ApiException {
  return new ApiException(HttpStatus.UNSUPPORTED_MEDIA_TYPE, {
    code: 'media_type_unsupported',
    message: `The body must be application/json, not ${given === '' ? 'of no named type' : given}.`,
  });
}

function parse(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    throw unreadable('The body is not valid JSON.');
  }
}

function unreadable(message: string): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, { code: 'json_invalid', message });
}

function depthWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((entry) => depthWithin(entry, levels - 1));
}

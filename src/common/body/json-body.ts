import { isUtf8 } from 'node:buffer';
import { HttpStatus } from '@nestjs/common';
import { ApiException } from '../errors/api.exception.js';
import { beyondBounds } from '../json/json-bounds.js';
import { parseExact } from '../json/parse-exact.js';

const BYTE_ORDER_MARK = 0xfe_ff;

/** The value of a JSON text, numbers kept exact. Throws 400 for what is none. */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw unreadable('The body is not valid UTF-8.');
  const marked = bytes.toString();
  const text = marked.charCodeAt(0) === BYTE_ORDER_MARK ? marked.slice(1) : marked;
  const excess = beyondBounds(text);
  if (excess !== undefined) throw unreadable(`The body ${excess}.`);
  try {
    return parseExact(text);
  } catch {
    throw unreadable('The body is not valid JSON.');
  }
}

export function unsupportedMediaType(given: string): ApiException {
  const type = given === '' ? 'a body without Content-Type' : given;
  return unsupported(`The body must be application/json, not ${type}.`);
}

/** JSON is UTF-8, of which ASCII is a part. Throws 415 for a media type that names another charset. */
export function requireUtf8(mediaType: string): void {
  const [, charset] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(mediaType) ?? [];
  if (charset === undefined || /^(?:utf-?8|us-ascii)$/i.test(charset)) return;
  throw unsupported(`The body must be in UTF-8, not ${charset}.`);
}

export function unsupported(message: string, headers: Record<string, string> = {}): ApiException {
  return new ApiException(HttpStatus.UNSUPPORTED_MEDIA_TYPE, { code: 'media_type_unsupported', message, headers });
}

export function unreadable(message: string): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, { code: 'json_invalid', message });
}

export function notAnObject(): ApiException {
  return unreadable('The body must be a JSON object.');
}

import { createHash } from 'node:crypto';
import { invalidParameter } from '../common/errors/api.exception.js';
import { stringifyExact } from '../common/json/exact-number.js';

const HEADER = 'Idempotency-Key';
const LONGEST = 255;

/** The key in the header, bare or quoted. Throws 400 for one that is empty, too long or not printable ASCII. */
export function readIdempotencyKey(header: string): string {
  const key = header.replace(/^"(.*)"$/, '$1');
  if (key === '') throw invalidParameter(HEADER, `${HEADER} must not be empty.`);
  if (key.length > LONGEST) throw invalidParameter(HEADER, `${HEADER} must not be longer than ${LONGEST} characters.`);
  if (!/^[\x20-\x7e]+$/.test(key)) throw invalidParameter(HEADER, `${HEADER} must be printable ASCII.`);
  return key;
}

/** What makes two requests the same; white space and the like in the body does not. */
export function fingerprintOf(method: string, url: string, body: unknown): string {
  return createHash('sha256')
    .update(`${method} ${url}\n${stringifyExact(body ?? null)}`)
    .digest('hex');
}

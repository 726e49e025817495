import { createHash } from 'node:crypto';
import { stringifyExact } from '../common/json/exact-number.js';

/** What makes two requests the same; white space and the like in the body does not. */
export function fingerprintOf(method: string, url: string, body: unknown): string {
  return createHash('sha256')
    .update(`${method} ${url}\n${stringifyExact(body ?? null)}`)
    .digest('hex');
}

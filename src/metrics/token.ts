import { createHash, timingSafeEqual } from 'node:crypto';

/** Does the header bring the token? Compared in a time that tells nothing of either. */
export function hasToken(authorization: string | undefined, token: string | undefined): boolean {
  if (authorization === undefined || token === undefined) return false;
  return timingSafeEqual(hash(authorization), hash(`Bearer ${token}`));
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

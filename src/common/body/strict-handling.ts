import { prefers } from '../routes/preferences.js';

const strictBodies = new WeakSet();

/** Notes that a request asked for `Prefer: handling=strict` (RFC 7240), for those who see the body alone. */
export function markStrict(body: object): void {
  strictBodies.add(body);
}

export function isStrict(body: object): boolean {
  return strictBodies.has(body);
}

export function prefersStrict(prefer: string | string[] | undefined): boolean {
  return prefers(prefer, 'handling', 'strict');
}

import { AttachedValue } from '../attached-value.js';
import { prefers } from '../routes/preferences.js';

const strict = new AttachedValue<true>();

/** Notes that a request asked for `Prefer: handling=strict` (RFC 7240), for those who see the body alone. */
export function markStrict(body: object): void {
  strict.attach(body, true);
}

export function isStrict(body: object): boolean {
  return strict.of(body) === true;
}

export function prefersStrict(prefer: string | string[] | undefined): boolean {
  return prefers(prefer, 'handling', 'strict');
}

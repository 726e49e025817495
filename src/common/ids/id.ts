import { randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';

/** Random bytes drawn ahead, as each draw costs as much as a hundred of them. */
const ahead = Buffer.alloc(4096);
let used = ahead.length;

function random(): number {
  if (used === ahead.length) {
    randomFillSync(ahead);
    used = 0;
  }
  return (ahead[used++] as number) / 256;
}

const nextUlid = monotonicFactory(random);

const IDS_IN_JSON = /"([a-z-]+_[0-9a-hjkmnp-tv-z]{26})"/g;

/** The ids that stand in a JSON text, each once. */
export function idsIn(json: string): string[] {
  return [...new Set(Array.from(json.matchAll(IDS_IN_JSON), ([, id = '']) => id))];
}

/** A new id: the prefix and 26 lower-case base32 characters that sort by time, and within a process by order of creation. */
export function newId(prefix: string): string {
  return `${prefix}_${nextUlid().toLowerCase()}`;
}

import { monotonicFactory } from 'ulid';

const nextUlid = monotonicFactory();

/** A new id: the prefix and 26 lower-case base32 characters that sort by time, and within a process by order of creation. */
export function newId(prefix: string): string {
  return `${prefix}_${nextUlid().toLowerCase()}`;
}

import { ExactNumber, isSameStored, type Decimal } from '../json/exact-number.js';
import type { ChildEntry } from './match-children.js';

/** Would an entry leave a child as it is, once `beforeWrite` has made of it what is stored? */
export function sameAsWritten<Child extends object>(
  beforeWrite: ((values: Partial<Child>, current?: Child) => Partial<Child>) | undefined,
): (child: Child, entry: ChildEntry) => boolean {
  return (child, { id: _id, ...entry }) => hasValues(child, beforeWrite?.(entry as Partial<Child>, child) ?? entry);
}

/** Has a row all the values that were sent, as they would be stored? What is undefined was not sent. */
export function hasValues(row: object, sent: object): boolean {
  return Object.entries(sent).every(
    ([name, value]) => value === undefined || isSame((row as Record<string, unknown>)[name], value),
  );
}

function isSame(stored: unknown, sent: unknown): boolean {
  if (isNumber(stored) && isNumber(sent)) return isSameStored(stored, sent);
  if (!isMap(stored)) return stored === sent;
  // Null empties a map, and takes a key out of it.
  if (!isMap(sent)) return sent === null && Object.keys(stored).length === 0;
  return Object.entries(sent).every(([key, text]) => (stored[key] ?? null) === text);
}

function isNumber(value: unknown): value is Decimal {
  return typeof value === 'number' || value instanceof ExactNumber;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof ExactNumber);
}

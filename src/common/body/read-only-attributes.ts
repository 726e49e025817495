import type { Type } from '@nestjs/common';

const READ_ONLY = Symbol('ignored read-only attributes');

/** Lets bodies of this class carry attributes without effect. */
export function setReadOnlyAttributes(body: Type, names: Iterable<string>): void {
  Reflect.defineMetadata(READ_ONLY, new Set(names), body);
}

/** Attributes that a body of this class may carry without effect. */
export function readOnlyAttributes(body: Type): ReadonlySet<string> {
  return (Reflect.getMetadata(READ_ONLY, body) ?? new Set()) as ReadonlySet<string>;
}

import type { Type } from '@nestjs/common';

const IGNORED = Symbol('ignored read-only attributes');

/** Lets bodies of this class carry attributes without effect. */
export function ignoreNames(body: Type, names: Iterable<string>): void {
  Reflect.defineMetadata(IGNORED, new Set(names), body);
}

/** Attributes that a body of this class may carry without effect. */
export function ignoredNames(body: Type): ReadonlySet<string> {
  return (Reflect.getMetadata(IGNORED, body) ?? new Set()) as ReadonlySet<string>;
}

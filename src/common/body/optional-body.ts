import type { Type } from '@nestjs/common';

const optional = new WeakSet();

/** Lets a request leave the body out: none at all is taken for `{}`. For bodies in which nothing is required. */
export function OptionalBody(): ClassDecorator {
  return (type) => {
    optional.add(type);
  };
}

export function isOptionalBody(type: Type): boolean {
  return optional.has(type);
}

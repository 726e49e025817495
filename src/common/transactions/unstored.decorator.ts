import { SetMetadata, type CustomDecorator } from '@nestjs/common';

const UNSTORED = 'transactions:unstored';

/** Names an attribute of the answer that must not be kept for a repeated `Idempotency-Key`: the repetition gets null. */
export const Unstored = (attribute: string): CustomDecorator => SetMetadata(UNSTORED, attribute);

/** The answer of a handler as it may be kept. */
export function storable(handler: object, answer: unknown): unknown {
  const attribute: unknown = Reflect.getMetadata(UNSTORED, handler);
  return typeof attribute === 'string' ? { ...(answer as object), [attribute]: null } : answer;
}

import { amountOutOfRange, isOutOfRange } from '../errors/sqlstate.js';

/** Waits for a write; if an amount it computes is too large to store, the error names those `params` that were given. */
export async function computedFrom<T>(params: readonly string[], given: object, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    throw isOutOfRange(error) ? amountOutOfRange(params.filter((param) => Object.hasOwn(given, param))) : error;
  }
}

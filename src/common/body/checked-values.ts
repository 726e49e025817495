import { AttachedValue } from '../attached-value.js';

const checked = new AttachedValue<object>();

/** Hands the checked value of a query or a body to the handler. The request keeps the body as it was sent, for `Idempotency-Key`. */
export function replaceChecked(given: object, value: object): void {
  if (value !== given) checked.attach(given, value);
}

export function checkedValue(given: unknown): unknown {
  return typeof given === 'object' && given !== null ? (checked.of(given) ?? given) : given;
}

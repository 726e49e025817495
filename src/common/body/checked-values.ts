const checked = new WeakMap<object, object>();

/** Hands the checked value of a query or a body to the handler. The request keeps the body as it was sent, for `Idempotency-Key`. */
export function replaceChecked(given: object, value: object): void {
  if (value !== given) checked.set(given, value);
}

export function checkedValue(given: unknown): unknown {
  return typeof given === 'object' && given !== null ? (checked.get(given) ?? given) : given;
}

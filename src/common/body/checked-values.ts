const checked = new WeakMap<object, object>();

/** Has the handler get the value that was made of a query or a body; the request keeps what was sent, which tells it from others. */
export function replaceChecked(given: object, value: object): void {
  if (value !== given) checked.set(given, value);
}

export function checkedValue(given: unknown): unknown {
  return typeof given === 'object' && given !== null ? (checked.get(given) ?? given) : given;
}

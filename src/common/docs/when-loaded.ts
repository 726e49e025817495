const waiting: (() => void)[] = [];

/** Documents what is known only once all modules are loaded, such as which resources refer to this one. */
export function whenLoaded(document: () => void): void {
  waiting.push(document);
}

/** Documents all that has waited; before the API document is made. */
export function documentLoaded(): void {
  for (const document of waiting.splice(0)) document();
}

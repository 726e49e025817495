/**
 * Attaches a value to an object that others pass on, without their noticing: it is in no JSON and among no keys. For what lasts
 * as long as a request, use it in place of a WeakMap or WeakSet, which keeps such objects until the next collection of the old
 * generation (decision 4).
 */
export class AttachedValue<T> {
  private readonly key = Symbol('attached value');

  attach(object: object, value: T): void {
    Object.defineProperty(object, this.key, { value, configurable: true, writable: true });
  }

  of(object: object): T | undefined {
    return (object as Record<symbol, T | undefined>)[this.key];
  }
}

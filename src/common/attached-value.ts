/**
 * Attaches a value to an object that others pass on. JSON, `Object.keys` and copies of the object leave it out. Use it for
 * objects of a request in place of a WeakMap or WeakSet, whose entries outlive the request (decision 4).
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

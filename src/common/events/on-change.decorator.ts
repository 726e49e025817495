import type { Type } from '@nestjs/common';
import type { Call } from '../call/call.js';

/** What was done to one object. */
export interface Change<E> {
  type: 'created' | 'updated' | 'deleted' | 'erased';
  id: string;
  /** What it was: of an update the attributes that were sent, of a deletion all. Null for a new object, and after an erasure. */
  before: Partial<E> | null;
  /** The object as it is now; null when it is gone. */
  after: E | null;
}

export interface ChangeFilter<E> {
  /** Only changes after which the object has all these values, and before which it did not. */
  to?: Partial<E>;
  /** Only these kinds of changes. */
  types?: readonly Change<E>['type'][];
}

/** A method that hears of changes. */
export type ChangeListener<E> = (call: Call, change: Change<E>) => Promise<void>;

interface Hook {
  entity: Type;
  filter: ChangeFilter<object>;
  method: string;
}

const HOOKS = Symbol('hooks on changes');

/**
 * Has a method of a provider run for every change of an entity's objects that passes the filter, in the transaction of the
 * change, whoever makes it. If the method throws, the change is undone and the request is answered with what was thrown.
 */
export function OnChange<E extends object>(entity: Type<E>, filter: ChangeFilter<E> = {}) {
  return <M extends ChangeListener<E>>(
    prototype: object,
    method: string,
    _descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const hook: Hook = { entity, filter: filter, method };
    Reflect.defineMetadata(HOOKS, [...hooksOf(prototype), hook], prototype);
  };
}

/** Of a provider, or of the prototype of its class. */
export function hooksOf(provider: object): Hook[] {
  return (Reflect.getMetadata(HOOKS, provider) ?? []) as Hook[];
}

import type { Type } from '@nestjs/common';
import { AttachedValue } from '../attached-value.js';
import { ParameterErrors } from '../errors/parameter-errors.js';

const types = new WeakSet();
const found = new AttachedValue<ParameterErrors>();

/**
 * Marks a body that its service checks further, as rules of fields cannot know everything. Such a body also comes with errors:
 * the service begins with `errorsOf(body)`, adds what it finds, and calls `refuse`, so that one response lists all of them.
 */
export function FurtherChecks(): ClassDecorator {
  return (type) => {
    types.add(type);
  };
}

export function hasFurtherChecks(type: Type): boolean {
  return types.has(type);
}

/** Keeps the errors of a request for the service that gets its body. */
export function leaveErrors(body: object, errors: ParameterErrors): void {
  found.attach(body, errors);
}

/** The parameters of a body that have no errors: those that it makes sense to check further. */
export function withoutFaults<T extends object>(body: T, errors: ParameterErrors): Partial<T> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !errors.includes(name))) as Partial<T>;
}

/** The errors that are known of the request with this body. */
export function errorsOf(body: object): ParameterErrors {
  return found.of(body) ?? new ParameterErrors();
}

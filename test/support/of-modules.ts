import { outsideParts } from '../../src/schema.js';
import type { Operation } from './operations.js';

/* What the modules that are loaded from outside add to the service, and take from it: nothing, where there are none. */

const extensions = outsideParts.flatMap(({ extends: added = [] }) => added);

/** The attributes that they add to resources of the service. */
export const addedAttributes = extensions.flatMap(({ attributes = {} }) => Object.keys(attributes));

/** The ids of the operations that the service no longer offers. */
export const hiddenOperations = extensions.flatMap(({ hide = [] }) => hide);

const tags = outsideParts.flatMap((parts) => Object.keys(parts.tags ?? {}));

/** Is it an operation of a module from outside? */
export function isAdded({ tag }: Pick<Operation, 'tag'>): boolean {
  return tags.includes(tag);
}

import { outsideParts } from '../../src/schema.js';
import type { Operation } from './operations.js';

/* What modules add to the service, and what those from outside take from it: nothing, where there are none. */

const extensions = outsideParts.flatMap(({ extends: added = [] }) => added);

/** The attributes that they add to resources of the service. */
export const addedAttributes = extensions.flatMap(({ attributes = {} }) => Object.keys(attributes));

/** The ids of the operations that the service no longer offers. */
export const hiddenOperations = extensions.flatMap(({ hide = [] }) => hide);

/** The kinds of operations of which tests know all by name. Every other resource follows its own rules. */
const OWN_TAGS = [
  ...['Opportunity', 'Opportunity Item', 'Opportunity Lost Reason Detail', 'Pipeline', 'Pipeline Stage', 'Report'],
  ...['Event', 'Webhook Endpoint', 'Import', 'API Key', 'Monitoring'],
];

/** Is it an operation of a resource that was added to the service, from outside or in its own tree? */
export function isAdded({ tag }: Pick<Operation, 'tag'>): boolean {
  return !OWN_TAGS.includes(tag);
}

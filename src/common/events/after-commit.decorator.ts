import type { Call } from '../call/call.js';
import type { CommittedEvent } from './committed-event.js';

export interface ConsumerOptions {
  /** Its name, unique in the module. The database keeps its position under this name, so it never changes. */
  name: string;
}

/** A method that is called for events after their commit. */
export type EventConsumer = (call: Call, event: CommittedEvent) => Promise<void>;

interface ConsumerMethod extends ConsumerOptions {
  /** As in the parameter `types` of the feed. */
  types: readonly string[];
  method: string;
}

const CONSUMERS = Symbol('consumers of events');

/**
 * Has a method of a provider called for every event of these types, such as `opportunity.won` or `opportunity_item.*`, after
 * its commit: at least once, by one process at a time, in the order of the feed of each workspace. If the method throws, it
 * is called again with the same event after a pause. The call is in no transaction.
 */
export function AfterCommit(types: string | readonly string[], { name }: ConsumerOptions) {
  return <M extends EventConsumer>(
    prototype: object,
    method: string,
    _descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const consumer: ConsumerMethod = { name, types: [types].flat(), method };
    Reflect.defineMetadata(CONSUMERS, [...consumerMethodsOf(prototype), consumer], prototype);
  };
}

/** Of a provider, or of the prototype of its class. */
export function consumerMethodsOf(provider: object): ConsumerMethod[] {
  return (Reflect.getMetadata(CONSUMERS, provider) ?? []) as ConsumerMethod[];
}

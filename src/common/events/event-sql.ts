import type { Call } from '../call/call.js';
import { stringifyExact } from '../json/exact-number.js';

/** The first parameters of every statement that writes: workspace, key and request are `$1`, `$2` and `$3`. */
export function callParameters({ workspaceId, keyId, requestId }: Call): unknown[] {
  return [workspaceId, keyId, requestId];
}

/** What an event says of one change, as SQL expressions. */
interface EventSource {
  /** As in `opportunity.updated`. */
  type: string;
  subject: string;
  object: string;
  before?: string;
  after?: string;
  /** Where the expressions come from; absent, there is one event. */
  from?: string;
}

/** The insert that leaves an event, for a `with` beside the write itself: no round trip, no second snapshot, no way around it. */
export function eventInsert({ type, subject, object, before = 'null', after = 'null', from }: EventSource): string {
  return `insert into event (workspace_id, key_id, request_id, type, subject_id, object_id, before, after)
    select $1, $2, $3, '${type}', ${subject}, ${object}, ${before}::json, ${after}::json${from ? ` from ${from}` : ''}`;
}

function textOf(attributes: object | null): string | null {
  return attributes && stringifyExact(attributes);
}

/** Leaves an event for a change that is not one row's, such as a new order. */
export async function recordEvent(
  call: Call,
  { type, objectId, before, after }: { type: string; objectId: string; before: object | null; after: object | null },
): Promise<void> {
  const text = eventInsert({ type, subject: '$4', object: '$4', before: '$5', after: '$6' });
  await call.manager.query(text, [...callParameters(call), objectId, textOf(before), textOf(after)]);
}

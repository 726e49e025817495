import type { Call } from '../call/call.js';
import { stringifyExact } from '../json/exact-number.js';

/**
 * The first parameters of every statement that writes: workspace, key and request are `$1`, `$2` and `$3`. Work that no
 * request asked for has neither of the two.
 */
export function callParameters({ workspaceId, keyId, requestId }: Call): unknown[] {
  return [workspaceId, keyId || null, requestId || null];
}

/** What an event says of one change, as SQL expressions. */
interface EventSource {
  /** As in `opportunity.updated`. */
  type: string;
  subject: string;
  object: string;
  /** The version of the subject after the change. */
  version: string;
  before?: string;
  after?: string;
  /** Where the expressions come from; absent, there is one event. */
  from?: string;
  /** The number of an event among several of one statement, which are in this order. */
  number?: string;
  /** Does one of the expressions read a table? */
  readsTable?: boolean;
}

const COLUMNS = 'workspace_id, key_id, request_id, type, subject_id, object_id, version, before, after';

/**
 * The clock and the number of the transaction, from a part of the statement that reads no table: a distributed engine takes
 * them where the tables are, and what numbers the feed compares them with those of the server that it talks to.
 */
const MADE = `made as materialized (select clock_timestamp() as at, pg_current_xact_id()::text::bigint as transaction)`;

/** The insert that leaves an event, for a `with` beside the write itself: no round trip, no second snapshot, no way around it. */
export function eventInsert(source: EventSource): string {
  const { type, subject, object, version, before = 'null', after = 'null', from, number, readsTable = false } = source;
  const values = `$1, $2, $3, '${type}', ${subject}, ${object}, ${version}, ${before}::json, ${after}::json`;
  if (number === undefined && !readsTable)
    return `insert into event (${COLUMNS}) select ${values}${from === undefined ? '' : ` from ${from}`}`;
  // Events of one statement are a microsecond apart, so that their times are their order.
  const at = number === undefined ? 'made.at' : `made.at + ${number} * interval '1 microsecond'`;
  return `insert into event (${COLUMNS}, created_at, transaction_id) with ${MADE}
    select ${values}, ${at}, made.transaction from made${from === undefined ? '' : `, ${from}`}`;
}

function textOf(attributes: object | null): string | null {
  return attributes && stringifyExact(attributes);
}

interface RecordedEvent {
  type: string;
  objectId: string;
  /** The version of the object after the change, where it is one that events tell of. */
  version?: number;
  before: object | null;
  after: object | null;
}

/** Leaves an event for a change that is not one row's, such as a new order. */
export async function recordEvent(call: Call, event: RecordedEvent): Promise<void> {
  const { type, objectId, version = null, before, after } = event;
  const source = { type, subject: '$4', object: '$4', version: '$7::integer', before: '$5', after: '$6' };
  const parameters = [...callParameters(call), objectId, textOf(before), textOf(after), version];
  await call.manager.query(eventInsert(source), parameters);
}

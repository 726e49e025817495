import type { EntityManager } from 'typeorm';
import { asLong } from '../common/table/long-statement.js';
import type { NumberedEvent } from './numbering.js';

/** A committed event that has no place in the feed yet. */
export interface FreshEvent extends Omit<NumberedEvent, 'position'> {
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

/** Fresh events in their order, and the snapshot that they are of. */
export interface FreshEvents {
  events: FreshEvent[];
  snapshot: string;
}

type FoundEvent = (FreshEvent | { id: null }) & { snapshot: string };

/** Most events in memory at a time: there are a million after a large import. */
const STEP = 1000;

/** Events that the feed tells of: those of keys and endpoints, and those from before there were versions, it does not. */
const FED = `(version is not null and type not like 'webhook\\_endpoint.%' or type = 'webhook_endpoint.disabled')`;

/** The fed events of the workspace of a row of `event_feed f`. The number of the transaction is the condition of their index. */
export const OF_FEED = `from event where event.workspace_id = f.workspace_id and transaction_id > 0 and ${FED}`;

/** Committed since the snapshot of the feed: they began after it, or were under way then. A long transaction delays nobody else. */
export const SINCE = 'transaction_id >= pg_snapshot_xmax(f.snapshot::pg_snapshot)::text::bigint';
export const UNDER_WAY =
  'transaction_id = any(array(select x::text::bigint from pg_snapshot_xip(f.snapshot::pg_snapshot) x))';

/**
 * One transaction numbers a backlog of any size, as the order would break between several; it may take its time. As
 * PostgreSQL takes a third of all events for fresh, it would read all, or every page that a coarse index does not exclude;
 * and with a plan of the time when there were few, all of the workspace.
 */
export const PATIENCE = `select set_config('statement_timeout', '60s', true), set_config('lock_timeout', '60s', true),
  set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true)`;

/**
 * The contents only where derived events may follow from them. The time as text, as the driver would cut it. Each
 * event is looked up in the feed by itself: for the same wrong estimate, a join would read the whole feed.
 */
const TO_NUMBER = `select id, type, subject_id, event.created_at::text as created_at, event.created_at as at, version,
      case when type = 'opportunity.updated' then before end as before,
      case when type = 'opportunity.updated' then after end as after ${OF_FEED}
    and (select e.position from feed_entry e where e.workspace_id = $1 and e.id = event.id) is null`;

/**
 * In two parts, as PostgreSQL has no index for both conditions at once. The snapshot also where there is no event: numbers of
 * transactions that came with a copy of the database may look like new ones.
 */
const READ_ALL = `with now as materialized (select pg_current_snapshot()::text as snapshot)
  select now.snapshot, e.* from now left join (select e.* from event_feed f
    cross join lateral (${TO_NUMBER} and ${SINCE} union all ${TO_NUMBER} and ${UNDER_WAY}) e where f.workspace_id = $1) e on true
  order by e.at, e.version, e.id`;

/** A full step may not be all. */
export const READ = asLong(`${READ_ALL} limit ${STEP}`);

/** All that its moment shows, whatever is committed or numbered while it is read. */
export const DECLARE = asLong(`declare fresh_event no scroll cursor for ${READ_ALL}`);
const FETCH = asLong(`fetch ${STEP} from fresh_event`);

/** The fresh events of a workspace, a step at a time, all of one moment. To be called in a transaction. */
export async function* freshEvents(manager: EntityManager, workspaceId: string): AsyncGenerator<FreshEvents> {
  let found = await manager.query<FoundEvent[]>(READ, [workspaceId]);
  if (found.length === STEP) {
    await manager.query(DECLARE, [workspaceId]);
    found = await manager.query<FoundEvent[]>(FETCH);
  }
  for (; found.length === STEP; found = await manager.query<FoundEvent[]>(FETCH)) yield eventsOf(found);
  if (found.length > 0) yield eventsOf(found);
}

function eventsOf(found: readonly FoundEvent[]): FreshEvents {
  return { events: found.filter((event) => event.id !== null), snapshot: found[0]?.snapshot ?? '' };
}

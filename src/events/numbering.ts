import type { EntityManager } from 'typeorm';
import { derivationsOf } from './event-types.js';

/** How far a feed has come. */
export interface FeedState {
  log: string;
  last: number;
  removed: number;
}

/** An event that has just got its place in the feed. */
export interface NumberedEvent {
  position: number;
  id: string;
  type: string;
  subject_id: string;
  created_at: string;
}

/** Does more for the events that were numbered, in the same transaction. */
export type AfterNumbering = (
  manager: EntityManager,
  workspaceId: string,
  events: readonly NumberedEvent[],
) => Promise<void>;

interface FreshEvent extends Omit<NumberedEvent, 'position'> {
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

type FoundEvent = (FreshEvent | { id: null }) & { snapshot: string };

function isEvent(found: FoundEvent): found is FreshEvent & { snapshot: string } {
  return found.id !== null;
}

/** Events that the feed tells of: those of keys and endpoints, and those from before there were versions, it does not. */
const FED = `(version is not null and type not like 'webhook\\_endpoint.%' or type = 'webhook_endpoint.disabled')`;

/** The fed events of the workspace of a row of `event_feed f`. */
const OF_FEED = `from event where event.workspace_id = f.workspace_id and ${FED}`;

/** Committed since the snapshot of the feed: they began after it, or were under way then. A long transaction delays nobody else. */
const SINCE = 'transaction_id >= pg_snapshot_xmax(f.snapshot::pg_snapshot)::text::bigint';
const UNDER_WAY = 'transaction_id = any(array(select x::text::bigint from pg_snapshot_xip(f.snapshot::pg_snapshot) x))';

/**
 * Has the workspace of `event_feed f` committed events that its feed lacks? PostgreSQL takes the greatest transaction from
 * the end of an index. It would look for a row that is fresh in the whole table, as it takes a third of all rows for fresh.
 */
const IS_BEHIND = `(coalesce((select max(transaction_id) ${OF_FEED}) >= pg_snapshot_xmax(f.snapshot::pg_snapshot)::text::bigint, false)
    or (select max(transaction_id) ${OF_FEED} and ${UNDER_WAY}) is not null)`;

/** Of the workspaces `$1` whose feed has begun, whether they have committed events without a number. */
export const BEHIND = `select workspace_id as id, ${IS_BEHIND} as "isBehind" from event_feed f where workspace_id = any($1)`;

/** How long ago a transaction was. Of an expression, so that PostgreSQL does not go through the events by their time. */
const ageOf = (transaction: string): string => `case when ${transaction} is not null then
    (select max(extract(epoch from now() - created_at)) ${OF_FEED} and transaction_id = ${transaction}) end`;

/** In seconds, over all workspaces whose feed has begun: since the first transaction after each snapshot, or one under way then. */
export const FEED_LAG = `select coalesce(max(greatest(${ageOf('f.since')}, ${ageOf('f.under_way')})), 0)::float8 as value
  from (select f.workspace_id, (select min(transaction_id) ${OF_FEED} and ${SINCE}) as since,
    (select min(transaction_id) ${OF_FEED} and ${UNDER_WAY}) as under_way from event_feed f) f`;

export const STATE = `select log_id as log, last_position as last, removed_position as removed, ${IS_BEHIND} as "hasFresh"
  from event_feed f where workspace_id = $1`;

/**
 * For a `with`: in which cluster and database transactions are numbered, as a copy of the database has another one, and a new
 * id for a log. Where tables are spread over several servers, all that numbers transactions is asked of the first one alone,
 * in a part of a statement that reads no table of theirs.
 */
export const HERE = `here as materialized (select gen_random_uuid()::text as log, system_identifier || '/' ||
  (select oid from pg_database where datname = current_database()) as cluster from pg_control_system())`;

/** The workspace is new: all of its events are in the feed. */
const BEGIN = `with ${HERE}
  insert into event_feed (workspace_id, log_id, cluster, snapshot, last_position, removed_position)
  select $1, log, cluster, '3:3:', 0, 0 from here on conflict do nothing`;

/** Any number, the same in every version of the service: one process at a time numbers the events of a workspace. */
const LOCK = 'select pg_advisory_xact_lock(471120594, hashtext($1))';

/**
 * Of a large backlog, a part in each transaction would break the order; one transaction may take its time. As PostgreSQL
 * takes a third of all events for fresh, it would read all.
 */
export const PATIENCE = `set local statement_timeout = '60s'; set local lock_timeout = '60s'; set local enable_seqscan = off`;

/** The contents only where derived events may follow from them. The time as text, as the driver would cut it. */
const TO_NUMBER = `select id, type, subject_id, event.created_at::text as created_at, event.created_at as at, version,
      case when type = 'opportunity.updated' then before end as before,
      case when type = 'opportunity.updated' then after end as after ${OF_FEED}
    and not exists (select from feed_entry e where e.workspace_id = $1 and e.id = event.id)`;

/**
 * In two parts, as PostgreSQL has no index for both conditions at once. The snapshot also where there is no event: numbers of
 * transactions that came with a copy of the database may look like new ones.
 */
export const READ = `with now as materialized (select pg_current_snapshot()::text as snapshot)
  select now.snapshot, e.* from now left join (select e.* from event_feed f
    cross join lateral (${TO_NUMBER} and ${SINCE} union all ${TO_NUMBER} and ${UNDER_WAY}) e where f.workspace_id = $1) e on true
  order by e.at, e.version, e.id`;

const WRITE = `with added as (insert into feed_entry (workspace_id, position, id, type, subject_id, created_at)
    select $1, e.* from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) as e)
  update event_feed set last_position = $7, snapshot = $8 where workspace_id = $1`;

/** How far the feed of a workspace has come, and whether there are committed events that it lacks. */
export async function feedState(
  manager: EntityManager,
  workspaceId: string,
): Promise<FeedState & { hasFresh: boolean }> {
  for (;;) {
    const [state] = await manager.query<(FeedState & { hasFresh: boolean })[]>(STATE, [workspaceId]);
    if (state !== undefined) return state;
    await manager.query(BEGIN, [workspaceId]);
  }
}

/** Numbers the committed events of a workspace that have no number yet. To be called in a transaction of its own. */
export async function numberEvents(
  manager: EntityManager,
  workspaceId: string,
  then: readonly AfterNumbering[],
): Promise<FeedState> {
  await manager.query(PATIENCE);
  await manager.query(LOCK, [workspaceId]);
  // In a statement after the lock, which sees all that whoever held it before has numbered.
  const { last, log, removed } = await feedState(manager, workspaceId);
  const found = await manager.query<FoundEvent[]>(READ, [workspaceId]);
  const numbered = withDerived(found.filter(isEvent), last);
  const columns = [
    numbered.map(({ position }) => position),
    numbered.map(({ id }) => id),
    numbered.map(({ type }) => type),
    numbered.map(({ subject_id }) => subject_id),
    numbered.map(({ created_at }) => created_at),
  ];
  await manager.query(WRITE, [workspaceId, ...columns, last + numbered.length, found[0]?.snapshot]);
  if (numbered.length > 0) for (const work of then) await work(manager, workspaceId, numbered);
  return { last: last + numbered.length, log, removed };
}

/** A derived event stands directly behind its source. */
function withDerived(fresh: readonly FreshEvent[], last: number): NumberedEvent[] {
  const all = fresh.flatMap(({ id, type, subject_id, created_at, before, after }) => [
    { id, type, subject_id, created_at },
    ...derivationsOf(type, before, after).map((derived) => ({
      ...{ id: `${id}_${derived.name}`, type: derived.type },
      ...{ subject_id, created_at },
    })),
  ]);
  return all.map((event, index) => ({ position: last + index + 1, ...event }));
}

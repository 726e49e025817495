import type { EntityManager } from 'typeorm';
import { pipeline } from '../common/index.js';
import { derivationsOf } from './event-types.js';
import { freshEvents, OF_FEED, PATIENCE, SINCE, UNDER_WAY, type FreshEvent } from './fresh-events.js';

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

/** Does more for events that were numbered, in the same transaction; a large backlog comes in several parts. */
export type AfterNumbering = (
  manager: EntityManager,
  workspaceId: string,
  events: readonly NumberedEvent[],
) => Promise<void>;

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
  // The state in a statement after the lock, which sees all that whoever held it before has numbered.
  const { state } = await pipeline({
    patience: manager.query(PATIENCE),
    locked: manager.query(LOCK, [workspaceId]),
    state: feedState(manager, workspaceId),
  });
  const { last, log, removed } = state;
  let position = last;
  for await (const { events, snapshot } of freshEvents(manager, workspaceId)) {
    const numbered = withDerived(events, position);
    position += numbered.length;
    await pipeline({
      written: manager.query(WRITE, [workspaceId, ...columnsOf(numbered), position, snapshot]),
      done: numbered.length > 0 ? allInTurn(then, (work) => work(manager, workspaceId, numbered)) : undefined,
    });
  }
  return { last: position, log, removed };
}

async function allInTurn<T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  for (const one of all) await each(one);
}

function columnsOf(numbered: readonly NumberedEvent[]): unknown[][] {
  return [
    numbered.map(({ position }) => position),
    numbered.map(({ id }) => id),
    numbered.map(({ type }) => type),
    numbered.map(({ subject_id }) => subject_id),
    numbered.map(({ created_at }) => created_at),
  ];
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

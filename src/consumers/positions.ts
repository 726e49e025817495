import type { EntityManager } from 'typeorm';

/** Longer than a call can take; a run that has not gone on by then is dead. */
const LEASE_S = 60;

/** Any number, the same in every process: one at a time begins a new consumer. */
const LOCK = 'select pg_advisory_xact_lock(4711206311)';

/**
 * A consumer that is new begins with what is committed from now on. One that is known begins at the beginning of a workspace
 * that it has no position in: the workspace is new.
 */
const BEGIN = `insert into consumer_position (workspace_id, consumer, position)
  select w.id, n.consumer, coalesce(f.last_position, 0)
  from unnest($1::text[]) as n (consumer) cross join workspace w left join event_feed f on f.workspace_id = w.id
  where not exists (select from consumer_position known where known.consumer = n.consumer)`;

/** Gives new consumers their positions in all workspaces. */
export async function beginConsumers(manager: EntityManager, consumers: readonly string[]): Promise<void> {
  await manager.transaction(async (manager) => {
    await manager.query(LOCK);
    await manager.query(BEGIN, [consumers]);
  });
}

/** Nobody is at it, and it does not pause after a failure. */
const IS_FREE = `(p.leased_until is null or p.leased_until < now()) and (p.next_attempt_at is null or p.next_attempt_at <= now())`;

const BEHIND = `select f.workspace_id, n.consumer from unnest($1::text[]) as n (consumer) cross join event_feed f
  left join consumer_position p on p.workspace_id = f.workspace_id and p.consumer = n.consumer
  where f.last_position > coalesce(p.position, 0) and (p.position is null or ${IS_FREE})`;

/** Where a run has something to do. */
export interface Work {
  workspace_id: string;
  consumer: string;
}

/** The work of all workspaces that nobody is at. */
export function findWork(manager: EntityManager, consumers: readonly string[]): Promise<Work[]> {
  return manager.query<Work[]>(BEHIND, [consumers]);
}

const CLAIM = `with feed as materialized (
    select workspace_id, last_position as last, removed_position as removed from event_feed where workspace_id = $1)
  insert into consumer_position as p (workspace_id, consumer, position, lease, leased_until)
  select workspace_id, $2::varchar, 0, $3::varchar, now() + interval '${LEASE_S} seconds' from feed
  where last > coalesce((select position from consumer_position p where p.workspace_id = $1 and p.consumer = $2::varchar), 0)
  on conflict (workspace_id, consumer) do update set lease = excluded.lease, leased_until = excluded.leased_until
  where ${IS_FREE}
  returning position, failures, (select last from feed) as last, (select removed from feed) as removed`;

/** A part of a feed that a run has to itself, as long as its lease is valid. */
export interface Claim {
  position: number;
  failures: number;
  /** The last place of the feed, and the last that the retention has removed. */
  last: number;
  removed: number;
}

/** Takes what a consumer has before it in a workspace, under a lease; undefined if there is nothing, or it is not free. */
export async function claim(manager: EntityManager, work: Work, lease: string): Promise<Claim | undefined> {
  const [claimed] = await manager.query<Claim[]>(CLAIM, [work.workspace_id, work.consumer, lease]);
  return claimed;
}

const IS_MINE = 'workspace_id = $1 and consumer = $2 and lease = $3';

const ADVANCE = `update consumer_position set position = $4, failures = 0, next_attempt_at = null,
    leased_until = now() + interval '${LEASE_S} seconds' where ${IS_MINE} returning 1`;

const LEAVE = `update consumer_position set position = $4, lease = null, leased_until = null where ${IS_MINE}`;

const PAUSE = `update consumer_position set position = $4, failures = $5, lease = null, leased_until = null,
    next_attempt_at = now() + $6::float8 * interval '1 millisecond' where ${IS_MINE}`;

/** What a run writes down, under its lease. */
export class LeasedPosition {
  constructor(
    private readonly manager: EntityManager,
    private readonly work: Work,
    private readonly lease: string,
  ) {}

  /** What is up to `position` is done. Answers false if another run has taken over. */
  async advance(position: number): Promise<boolean> {
    const [rows] = await this.manager.query<[unknown[], number]>(ADVANCE, this.parameters(position));
    return rows.length > 0;
  }

  /** Ends the run. */
  async leave(position: number): Promise<void> {
    await this.manager.query(LEAVE, this.parameters(position));
  }

  /** Ends the run, and has the event behind `position` wait. */
  async pause(position: number, failures: number, delayMs: number): Promise<void> {
    await this.manager.query(PAUSE, [...this.parameters(position), failures, delayMs]);
  }

  private parameters(position: number): unknown[] {
    return [this.work.workspace_id, this.work.consumer, this.lease, position];
  }
}

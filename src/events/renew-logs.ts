import type { DataSource } from 'typeorm';
import { HERE, numberEvents, type AfterNumbering } from './numbering.js';

const ALL = 'select id from workspace order by id';

/** Logs of another cluster or database. Those without one are from the migration that began them here. */
const COPIED = `with ${HERE} select workspace_id as id from event_feed, here
  where event_feed.cluster <> here.cluster order by workspace_id`;
const CLAIM = `with ${HERE} update event_feed set cluster = here.cluster from here where event_feed.cluster is null`;

/** Numbers of transactions that this cluster has not given yet came with the data, and must not be taken for new ones. */
const FORGET_NUMBERS = `update event set transaction_id = 0
  where workspace_id = $1 and transaction_id >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint`;

const RENEW = `with ${HERE} update event_feed set log_id = here.log, cluster = here.cluster from here where workspace_id = $1`;

/** Gives every workspace a new log: cursors of the old one are refused. Answers the number of workspaces. */
export async function renewLogs(dataSource: DataSource): Promise<number> {
  return renew(dataSource, ALL, []);
}

/** The same where the database is a copy. */
export async function renewCopiedLogs(dataSource: DataSource, then: readonly AfterNumbering[]): Promise<number> {
  await dataSource.query(CLAIM);
  return renew(dataSource, COPIED, then);
}

/** Positions are kept. Events that had no number when the copy was made get theirs first, while they can be told apart. */
async function renew(dataSource: DataSource, which: string, then: readonly AfterNumbering[]): Promise<number> {
  const workspaces = await dataSource.query<{ id: string }[]>(which);
  for (const { id } of workspaces)
    await dataSource.transaction(async (manager) => {
      await numberEvents(manager, id, then);
      await manager.query('set local statement_timeout = 0');
      await manager.query(FORGET_NUMBERS, [id]);
      await manager.query(RENEW, [id]);
    });
  return workspaces.length;
}

import type { ClientBase } from 'pg';
import { SchemaError } from '../schema-error.js';

/**
 * What sessions that change the schema need on Citus: it refuses triggers unless it is told that they keep to the rows of
 * their own shard, and a function cannot be made in a transaction that has changed shards side by side. Elsewhere they are
 * names without a meaning.
 */
export const CITUS_SETTINGS = { 'citus.enable_unsafe_triggers': 'on', 'citus.multi_shard_modify_mode': 'sequential' };

const FOUND = `select to_regproc('citus_version') is not null as "hasCitus",
  to_regclass('pg_dist_partition') is not null as "hasCatalogue"`;

const ANY_OF_OURS = `select from pg_dist_partition d join pg_class c on c.oid = d.logicalrelid
  where c.relnamespace = current_schema()::regnamespace limit 1`;

/** Throws a `SchemaError` where the database is not what DATABASE_DISTRIBUTED says it is, or its nodes are not ready. */
export async function requireDistribution(client: ClientBase, isDistributed: boolean): Promise<void> {
  const { rows } = await client.query<{ hasCitus: boolean; hasCatalogue: boolean }>(FOUND);
  const [{ hasCitus, hasCatalogue } = { hasCitus: false, hasCatalogue: false }] = rows;
  if (isDistributed) {
    if (!hasCitus)
      throw new SchemaError(
        'DATABASE_DISTRIBUTED is citus, but the database does not have the extension citus. Run on every node: create extension citus',
      );
    await requireCoordinator(client);
    await requireUtc(client);
  } else if (hasCatalogue && (await client.query(ANY_OF_OURS)).rows.length > 0)
    throw new SchemaError(
      'The tables of this database are distributed. Set DATABASE_DISTRIBUTED=citus: without it, new tables would stay on one node.',
    );
}

async function requireCoordinator(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ is: boolean }>('select citus_is_coordinator() as is');
  if (rows[0]?.is !== true)
    throw new SchemaError('DATABASE_URL names a worker of Citus; it has to name the coordinator.');
}

/** The coordinator's own setting is that of a session which asks for none, as this one is. */
const TIME_ZONES = `select 'the coordinator' as node, true as success, current_setting('timezone') as result
  union all select nodename || ':' || nodeport, success, result from run_command_on_workers('show timezone')`;

interface NodeAnswer {
  node: string;
  success: boolean;
  result: string;
}

/** Sessions of the service ask for UTC, but those from node to node have the setting of the node. */
async function requireUtc(client: ClientBase): Promise<void> {
  const { rows } = await client.query<NodeAnswer>(TIME_ZONES);
  for (const { node, success, result } of rows) {
    if (!success) throw new SchemaError(`The node ${node} of Citus does not answer: ${result}`);
    if (!/^(Etc\/)?UTC$/i.test(result))
      throw new SchemaError(
        `The time zone of every node has to be UTC; that of ${node} is ${result}. Set timezone = 'UTC' in its postgresql.conf, and reload it.`,
      );
  }
}

import type { DataSource, QueryRunner } from 'typeorm';

/*
 * Spreads the tables over the nodes of Citus, by workspace. Any number of runs come to the same end: each takes on what has
 * come since, be it a table of a new migration or one with rows. `workspace` stays on the coordinator, and with it the tables
 * that refer to it: keys, and the positions of consumers. They are few and small; a copy of them on every node would make each
 * change of a key a change on all nodes, in two phases, of which the second comes after the commit that the feed looks for.
 */

/** Tables with a workspace in each row that are not distributed yet; those that refer to a table without stay where it is. */
const TO_DISTRIBUTE = `with ours as (
    select c.oid, c.relname::text as name, exists (select from pg_attribute a
      where a.attrelid = c.oid and a.attname = 'workspace_id' and a.attnotnull and not a.attisdropped) as keyed
    from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r')
  select o.oid::regclass::text as name, array(select k.confrelid::regclass::text from pg_constraint k
      where k.contype = 'f' and k.conrelid = o.oid and k.confrelid <> o.oid) as parents
  from ours o where o.keyed
    and not exists (select from pg_dist_partition d where d.logicalrelid = o.oid)
    and not exists (select from pg_constraint k join ours other on other.oid = k.confrelid
      where k.contype = 'f' and k.conrelid = o.oid and not other.keyed)
  order by o.name`;

/** A table that all others are placed beside. */
const DISTRIBUTED = `select d.logicalrelid::regclass::text as name from pg_dist_partition d
  join pg_class c on c.oid = d.logicalrelid where c.relnamespace = current_schema()::regnamespace order by 1 limit 1`;

const TRIGGERS = `select quote_ident(tgname) as name, pg_get_triggerdef(oid) as definition from pg_trigger
  where tgrelid = $1::regclass and not tgisinternal order by tgname`;

/** Functions that statements and triggers call on the nodes. Those of triggers follow their triggers by themselves. */
const FUNCTIONS = `select p.oid::regprocedure::text as name from pg_proc p
  where p.pronamespace = current_schema()::regnamespace and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
    and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
    and not exists (select from pg_dist_object o where o.classid = 'pg_proc'::regclass and o.objid = p.oid)
  order by 1`;

/** What runs statements: a query runner or a data source. */
type Queries = Pick<QueryRunner, 'query'> | Pick<DataSource, 'query'>;

interface LocalTable {
  name: string;
  parents: string[];
}

/** The names of the tables that are still to be distributed, a table after those that it refers to. */
export async function tablesToDistribute(runner: Queries): Promise<string[]> {
  return parentsFirst((await runner.query(TO_DISTRIBUTE)) as LocalTable[]);
}

/** Has the database distributed tables of ours already? */
export async function isSpread(runner: Queries): Promise<boolean> {
  return (await distributedTable(runner)) !== undefined;
}

/** To be called in a transaction. Answers the tables that were distributed. */
export async function distribute(runner: QueryRunner): Promise<string[]> {
  for (const { name } of (await runner.query(FUNCTIONS)) as { name: string }[])
    await runner.query('select create_distributed_function($1::regprocedure)', [name]);
  const tables = await tablesToDistribute(runner);
  let beside = await distributedTable(runner);
  for (const table of tables) {
    await distributeTable(runner, table, beside ?? 'none');
    beside ??= table;
  }
  // What the tables held is on the nodes now, and would only take up space here.
  for (const table of tables)
    await runner.query('select truncate_local_data_after_distributing_table($1::regclass)', [table]);
  return tables;
}

/** Triggers would run for the rows that are copied to the nodes, which are counted already. */
async function distributeTable(runner: QueryRunner, table: string, beside: string): Promise<void> {
  const triggers = (await runner.query(TRIGGERS, [table])) as { name: string; definition: string }[];
  for (const { name } of triggers) await runner.query(`drop trigger ${name} on ${table}`);
  const text = `select create_distributed_table($1::regclass, 'workspace_id', colocate_with => $2)`;
  await runner.query(text, [table, beside]);
  for (const { definition } of triggers) await runner.query(definition);
}

async function distributedTable(runner: Queries): Promise<string | undefined> {
  const [found] = (await runner.query(DISTRIBUTED)) as { name: string }[];
  return found?.name;
}

function parentsFirst(tables: readonly LocalTable[]): string[] {
  const waiting = new Map(tables.map((table) => [table.name, table]));
  const ordered: string[] = [];
  const take = ({ name, parents }: LocalTable): void => {
    if (!waiting.delete(name)) return;
    for (const parent of parents) {
      const other = waiting.get(parent);
      if (other !== undefined) take(other);
    }
    ordered.push(name);
  };
  tables.forEach(take);
  return ordered;
}

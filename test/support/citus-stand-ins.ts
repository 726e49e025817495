import pg from 'pg';
import type { TestDatabase } from './database.js';

/*
 * What the service asks of Citus, on a plain PostgreSQL: the functions note what they were called for and refuse what Citus
 * refuses. The tables stay where they are.
 */
const STAND_INS = `
  create schema citus;
  create table citus.pg_dist_partition (logicalrelid regclass primary key, beside text not null);
  create table citus.pg_dist_object (classid oid not null, objid oid not null);
  create table citus.emptied (name regclass primary key);
  create table citus.worker (name text primary key, success boolean not null, timezone text not null);
  insert into citus.worker values ('worker-1', true, 'UTC'), ('worker-2', true, 'Etc/UTC');

  create function citus.citus_version() returns text language sql as $$ select 'stand-in' $$;
  create function citus.citus_is_coordinator() returns boolean language sql as $$ select true $$;
  create function citus.run_command_on_workers(command text)
    returns table (nodename text, nodeport integer, success boolean, result text) language sql as
    $$ select name, 5432, success, timezone from citus.worker where command = 'show timezone' order by name $$;
  create function citus.create_distributed_function(name regprocedure) returns void language sql as
    $$ insert into citus.pg_dist_object values ('pg_proc'::regclass, name) $$;

  create function citus.is_distributed(relation oid) returns boolean language sql as
    $$ select exists (select from citus.pg_dist_partition where logicalrelid = relation) $$;

  create function citus.create_distributed_table(name regclass, key text, colocate_with text) returns void language plpgsql as $$
  begin
    if key <> 'workspace_id' or citus.is_distributed(name) then
      raise exception 'table % is already distributed, or not by its workspace', name;
    elsif exists (select from pg_trigger where tgrelid = name and not tgisinternal) then
      raise exception 'cannot distribute relation % because it has triggers', name;
    elsif current_setting('citus.multi_shard_modify_mode', true) is distinct from 'sequential' then
      raise exception 'cannot distribute relation % in this transaction because it has a foreign key', name;
    elsif exists (select from pg_constraint where contype = 'f' and conrelid = name and not citus.is_distributed(confrelid)) then
      raise exception 'relation % has a foreign key to a table that is not distributed', name;
    elsif (colocate_with = 'none') <> not exists (select from citus.pg_dist_partition) then
      raise exception 'relation % is not placed beside the others', name;
    end if;
    insert into citus.pg_dist_partition values (name, colocate_with);
  end $$;

  create function citus.truncate_local_data_after_distributing_table(name regclass) returns void language plpgsql as $$
  begin
    if exists (select from pg_constraint where contype = 'f' and confrelid = name and not citus.is_distributed(conrelid)) then
      raise exception 'cannot truncate % as it is referenced in a foreign key constraint by a local table', name;
    end if;
    insert into citus.emptied values (name);
  end $$;

  create function citus.refuse() returns event_trigger language plpgsql as $$
  begin
    if tg_tag = 'CREATE TRIGGER' and current_setting('citus.enable_unsafe_triggers', true) is distinct from 'on'
        and exists (select from pg_event_trigger_ddl_commands() c join pg_trigger t on t.oid = c.objid
          where citus.is_distributed(t.tgrelid)) then
      raise exception 'triggers are not supported on distributed tables';
    elsif tg_tag <> 'CREATE TRIGGER' and exists (select from pg_event_trigger_ddl_commands() c
        join pg_constraint f on f.contype = 'f' and f.conrelid = c.objid
        where citus.is_distributed(f.confrelid) and not citus.is_distributed(f.conrelid)) then
      raise exception 'cannot create foreign key constraint since relations are not colocated';
    end if;
  end $$;
  create event trigger refuse on ddl_command_end when tag in ('CREATE TRIGGER', 'CREATE TABLE', 'ALTER TABLE')
    execute function citus.refuse();

  grant usage on schema citus to public;
  grant all on all tables in schema citus to public;`;

/** Answers what runs statements beside the service as the superuser, who alone may change the stand-ins. */
export async function withCitusStandIns(database: TestDatabase): Promise<(text: string) => Promise<object[]>> {
  const superuser = async (text: string): Promise<object[]> => {
    const client = new pg.Client({ connectionString: database.superuserUrl });
    await client.connect();
    try {
      return (await client.query<object>(text)).rows;
    } finally {
      await client.end();
    }
  };
  await superuser(STAND_INS);
  const name = new URL(database.url).pathname.slice(1);
  await superuser(`alter database ${name} set search_path = public, citus`);
  return superuser;
}

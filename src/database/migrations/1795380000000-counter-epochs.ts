import type { MigrationInterface, QueryRunner } from 'typeorm';

/*
 * While somebody holds a snapshot, as a dump does, no version of a row may be cleared away, and a counter gets one with
 * every write. So a counter moves to a new place of its index every 32 changes, and is looked for from the newest place on:
 * then only the latest versions are ever met. Counters that nobody writes are taken along, so that none is far behind.
 */
const UP = `
  alter table row_count
    add epoch integer not null default 0,
    add changes integer not null default 0,
    drop constraint row_count_pkey,
    add primary key (workspace_id, table_name, epoch, slot);

  insert into row_count (workspace_id, table_name, slot, n)
  select workspace_id, table_name, lane, 0
  from (select distinct workspace_id, table_name from row_count) counted, generate_series(0, 15) lane
  where not exists (select from row_count c
    where c.workspace_id = counted.workspace_id and c.table_name = counted.table_name and c.slot = lane);

  -- There are 16 rows, so the scan ends with the 16th. Without sorts the planner has to take the index, small as the table
  -- may be when it plans.
  create function row_count_total(workspace text, counted text) returns bigint language plpgsql
  stable parallel restricted set enable_sort = off as $$
  begin
    return (select coalesce(sum(latest.n), 0) from (
      select n from row_count where workspace_id = workspace and table_name = counted
      order by epoch desc, slot desc limit 16) latest);
  end $$;

  create function row_count_add(workspace text, counted text, change bigint) returns void language plpgsql
  set enable_sort = off set enable_seqscan = off as $$
  declare
    own constant smallint := pg_backend_pid() & 15;
    own_epoch integer;
    own_changes integer;
    behind record;
  begin
    loop
      update row_count c
      set n = c.n + change, epoch = c.epoch + (c.changes + 1) / 32, changes = (c.changes + 1) % 32
      where c.workspace_id = workspace and c.table_name = counted and c.slot = own and c.epoch = (
        select epoch from row_count where workspace_id = workspace and table_name = counted and slot = own
        order by epoch desc limit 1)
      returning c.epoch, c.changes into own_epoch, own_changes;
      exit when found;
      -- Not found is also one that moved on between the two looks at it.
      perform from row_count where workspace_id = workspace and table_name = counted and slot = own
      order by epoch desc limit 1;
      continue when found;
      perform pg_advisory_xact_lock(4711205933);
      insert into row_count (workspace_id, table_name, slot, n)
      select workspace, counted, lane, 0 from generate_series(0, 15) lane
      where not exists (select from row_count c
        where c.workspace_id = workspace and c.table_name = counted and c.slot = lane);
    end loop;
    if own_changes = 0 then
      for behind in select latest.epoch, latest.slot from (
          select epoch, slot from row_count where workspace_id = workspace and table_name = counted
          order by epoch desc, slot desc limit 16) latest
        where latest.epoch < own_epoch - 4
      loop
        perform from row_count c where c.workspace_id = workspace and c.table_name = counted
          and c.epoch = behind.epoch and c.slot = behind.slot for update skip locked;
        if found then
          update row_count c set epoch = own_epoch where c.workspace_id = workspace and c.table_name = counted
            and c.epoch = behind.epoch and c.slot = behind.slot;
        end if;
      end loop;
    end if;
  end $$;

  -- The name of a table has a collation of its own, with which no index on a text would be used.
  create or replace function row_count_insert() returns trigger language plpgsql as $$
  begin
    perform row_count_add(workspace_id, tg_table_name::text collate "default", count(*)) from changed_rows
    group by workspace_id order by workspace_id;
    return null;
  end $$;

  create or replace function row_count_delete() returns trigger language plpgsql as $$
  begin
    perform row_count_add(workspace_id, tg_table_name::text collate "default", -count(*)) from changed_rows
    group by workspace_id order by workspace_id;
    return null;
  end $$;`;

const DOWN = `
  create or replace function row_count_insert() returns trigger language plpgsql as $$
  begin
    insert into row_count as c (workspace_id, table_name, slot, n)
    select workspace_id, tg_table_name, pg_backend_pid() & 15, count(*) from changed_rows group by workspace_id order by workspace_id
    on conflict (workspace_id, table_name, slot) do update set n = c.n + excluded.n;
    return null;
  end $$;

  create or replace function row_count_delete() returns trigger language plpgsql as $$
  begin
    insert into row_count as c (workspace_id, table_name, slot, n)
    select workspace_id, tg_table_name, pg_backend_pid() & 15, -count(*) from changed_rows group by workspace_id order by workspace_id
    on conflict (workspace_id, table_name, slot) do update set n = c.n + excluded.n;
    return null;
  end $$;

  drop function row_count_add, row_count_total;
  alter table row_count
    drop constraint row_count_pkey,
    drop epoch,
    drop changes,
    add primary key (workspace_id, table_name, slot);`;

/** The counters of lists stay quick to read beside a snapshot that is held for long. */
export class CounterEpochs1795380000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

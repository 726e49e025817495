import type { QueryRunner } from 'typeorm';

/* The counters as released migrations made them, which never changes. Those of today are in `row-count.ts`. */

const SETUP = `
  create table row_count (
    workspace_id varchar(80) not null,
    table_name varchar(63) not null,
    slot smallint not null,
    n bigint not null,
    primary key (workspace_id, table_name, slot)
  ) with (fillfactor = 20);

  create function row_count_insert() returns trigger language plpgsql as $$
  begin
    insert into row_count as c (workspace_id, table_name, slot, n)
    select workspace_id, tg_table_name, pg_backend_pid() & 15, count(*) from changed_rows group by workspace_id order by workspace_id
    on conflict (workspace_id, table_name, slot) do update set n = c.n + excluded.n;
    return null;
  end $$;

  create function row_count_delete() returns trigger language plpgsql as $$
  begin
    insert into row_count as c (workspace_id, table_name, slot, n)
    select workspace_id, tg_table_name, pg_backend_pid() & 15, -count(*) from changed_rows group by workspace_id order by workspace_id
    on conflict (workspace_id, table_name, slot) do update set n = c.n + excluded.n;
    return null;
  end $$;

  create function row_count_truncate() returns trigger language plpgsql as $$
  begin
    delete from row_count where table_name = tg_table_name;
    return null;
  end $$;`;

/** Makes the counters' table and trigger functions; once per database. */
export async function createRowCount(runner: QueryRunner): Promise<void> {
  await runner.query(SETUP);
}

export async function dropRowCount(runner: QueryRunner): Promise<void> {
  await runner.query(`
    drop table row_count;
    drop function row_count_insert(), row_count_delete(), row_count_truncate();`);
}

/** Counts the rows of a table from now on, by triggers that are told its name by PostgreSQL. */
export async function countRowsAsReleased(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`
    lock table ${table} in share row exclusive mode;
    insert into row_count (workspace_id, table_name, slot, n)
    select workspace_id, '${table}', slot, case slot when 0 then n else 0 end
    from (select workspace_id, count(*) as n from ${table} group by workspace_id) counted, generate_series(0, 15) slot;
    create trigger row_count_insert after insert on ${table} referencing new table as changed_rows
      for each statement execute function row_count_insert();
    create trigger row_count_delete after delete on ${table} referencing old table as changed_rows
      for each statement execute function row_count_delete();
    create trigger row_count_truncate after truncate on ${table} for each statement execute function row_count_truncate();`);
}

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { countingTriggers } from '../../common/module/row-count.js';

/** The tables whose rows are counted, those of modules among them. */
const COUNTED = `select tgrelid::regclass::text as name from pg_trigger
  where tgname = 'row_count_insert' and not tgisinternal and tgrelid in (
    select oid from pg_class where relnamespace = current_schema()::regnamespace) order by 1`;

const counting = (event: 'insert' | 'delete', change: string): string => `
  create or replace function row_count_${event}() returns trigger language plpgsql as $$
  declare
    changed record;
  begin
    for changed in select workspace_id, ${change} as n from changed_rows group by workspace_id order by workspace_id loop
      perform row_count_add(changed.workspace_id, tg_argv[0], changed.n);
    end loop;
    return null;
  end $$;`;

/** The statements inside name values instead of the changed rows, which only the server that changed them has. */
const UP = `
  ${counting('insert', 'count(*)')}
  ${counting('delete', '-count(*)')}

  create or replace function forget_states() returns trigger language plpgsql as $$
  declare
    changed record;
  begin
    for changed in select workspace_id, array_agg(id::text) as ids from changed_rows group by workspace_id loop
      delete from opportunity_state where workspace_id = changed.workspace_id and opportunity_id = any(changed.ids);
    end loop;
    return null;
  end $$;`;

const formerly = (event: 'insert' | 'delete', change: string): string => `
  create or replace function row_count_${event}() returns trigger language plpgsql as $$
  begin
    perform row_count_add(workspace_id, tg_table_name::text collate "default", ${change}) from changed_rows
    group by workspace_id order by workspace_id;
    return null;
  end $$;`;

const DOWN = `
  ${formerly('insert', 'count(*)')}
  ${formerly('delete', '-count(*)')}

  create function row_count_truncate() returns trigger language plpgsql as $$
  begin
    delete from row_count where table_name = tg_table_name;
    return null;
  end $$;

  create or replace function forget_states() returns trigger language plpgsql as $$
  begin
    delete from opportunity_state using changed_rows
    where opportunity_state.workspace_id = changed_rows.workspace_id and opportunity_state.opportunity_id = changed_rows.id;
    return null;
  end $$;`;

const formerTriggers = (table: string): string => `
  create or replace trigger row_count_insert after insert on ${table} referencing new table as changed_rows
    for each statement execute function row_count_insert();
  create or replace trigger row_count_delete after delete on ${table} referencing old table as changed_rows
    for each statement execute function row_count_delete();
  create trigger row_count_truncate after truncate on ${table} for each statement execute function row_count_truncate();`;

/** Triggers work the same on a table that is spread over several servers. */
export class NamedCounters1796900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '2s'`);
    await runner.query(UP);
    for (const table of await countedTables(runner)) {
      await runner.query(`drop trigger if exists row_count_truncate on ${table}`);
      await runner.query(countingTriggers(table));
    }
    await runner.query('drop function row_count_truncate');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '2s'`);
    await runner.query(DOWN);
    for (const table of await countedTables(runner)) await runner.query(formerTriggers(table));
  }
}

async function countedTables(runner: QueryRunner): Promise<string[]> {
  const found = (await runner.query(COUNTED)) as { name: string }[];
  return found.map(({ name }) => name);
}

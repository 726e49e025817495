import type { QueryRunner } from 'typeorm';

/*
 * Exact totals in constant time: triggers keep, for every workspace, 16 counter rows of a table; a list adds them up in
 * its own statement and so in its own snapshot. A statement counts once, into the slot of its backend, so writers seldom
 * wait for each other. count(*) instead would take a list at a million rows from 950 to 11 requests/s. The migrations
 * `counter-epochs` and `named-counters` have the functions. A trigger is told the name of its table, as the parts of a
 * distributed table have names of their own. Nothing counts a truncate: no table that has a workspace in each row is emptied so.
 */

/** The triggers that count the rows of a table. */
export function countingTriggers(table: string): string {
  const trigger = (event: 'insert' | 'delete', rows: 'new' | 'old'): string =>
    `create or replace trigger row_count_${event} after ${event} on ${table} referencing ${rows} table as changed_rows
      for each statement execute function row_count_${event}('${table}');`;
  return `${trigger('insert', 'new')}
    ${trigger('delete', 'old')}`;
}

/** Forgets the counts of a table that is about to be dropped; its triggers go with it. For the way back. */
export async function stopCountingRows(runner: QueryRunner, table: string): Promise<void> {
  await runner.query('delete from row_count where table_name = $1', [table]);
}

/** Counts the rows of a table from now on, those already there included. For migrations of tables with a paged list. */
export async function countRows(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`
    lock table ${table} in share row exclusive mode;
    insert into row_count (workspace_id, table_name, slot, n)
    select workspace_id, '${table}', slot, case slot when 0 then n else 0 end
    from (select workspace_id, count(*) as n from ${table} group by workspace_id) counted, generate_series(0, 15) slot;
    ${countingTriggers(table)}`);
}

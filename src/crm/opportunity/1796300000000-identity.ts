import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Names and conditions of the constraints; those of metadata are on both tables. */
export const IDENTITY_CHECKS = {
  external_id_not_blank: `check (btrim(external_id, E' \\t\\n\\v\\f\\r') <> '')`,
  metadata_at_most_50_keys: 'check (map_size(metadata) <= 50)',
};

export const IDENTIFIED_TABLES = ['opportunity', 'opportunity_item'];

const FUNCTIONS = `
  create function map_size(map jsonb) returns integer language sql immutable strict parallel safe
    as 'select count(*)::integer from jsonb_object_keys(map)';

  -- What an index finds a map of texts by, in one workspace: its keys, and its keys with their texts.
  create function map_terms(workspace text, map jsonb) returns text[] language sql immutable strict parallel safe
    as $$ select coalesce(array_agg(term), '{}') from jsonb_each_text(map),
      lateral (values (workspace || '/' || key), (workspace || '/' || key || '=' || value)) terms (term) $$;`;

/** Ids of other systems, and texts that are kept for them. PostgreSQL does not write the rows that are there. */
export class Identity1796300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '2s'`);
    await runner.query(FUNCTIONS);
    const checks = Object.entries(IDENTITY_CHECKS).map(([name, rule]) => `add constraint ${name} ${rule} not valid`);
    for (const table of IDENTIFIED_TABLES)
      await runner.query(`alter table ${table} add column external_id varchar(140),
        add column metadata jsonb not null default '{}', ${checks.join(', ')}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of IDENTIFIED_TABLES)
      await runner.query(`alter table ${table} drop column external_id, drop column metadata`);
    await runner.query('drop function map_terms, map_size');
  }
}

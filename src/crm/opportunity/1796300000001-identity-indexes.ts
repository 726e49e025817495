import type { MigrationInterface, QueryRunner } from 'typeorm';
import { IDENTIFIED_TABLES, IDENTITY_CHECKS } from './1796300000000-identity.js';

/** Names, and what stands behind `create unique index … on` or `create index … on`. */
const UNIQUE = {
  opportunity_external_id: 'opportunity (workspace_id, external_id) where external_id is not null',
  opportunity_item_external_id:
    'opportunity_item (workspace_id, opportunity_id, external_id) where external_id is not null',
};
const FOUND_BY = {
  opportunity_metadata: `opportunity using gin (map_terms(workspace_id, metadata)) with (fastupdate = off) where metadata <> '{}'`,
};

/** What takes a while at many deals, beside reads and writes; what a broken attempt has left is removed first. */
export class IdentityIndexes1796300000001 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    const build = async (kind: string, indexes: Record<string, string>): Promise<void> => {
      for (const [name, definition] of Object.entries(indexes)) {
        await runner.query(`drop index concurrently if exists ${name}`);
        await runner.query(`create ${kind} concurrently ${name} on ${definition}`);
      }
    };
    await build('unique index', UNIQUE);
    await build('index', FOUND_BY);
    for (const table of IDENTIFIED_TABLES)
      for (const constraint of Object.keys(IDENTITY_CHECKS))
        await runner.query(`alter table ${table} validate constraint ${constraint}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index if exists ${Object.keys({ ...UNIQUE, ...FOUND_BY }).join(', ')}`);
    // A constraint that was validated can only be made anew to be one that is not.
    for (const table of IDENTIFIED_TABLES)
      for (const [name, rule] of Object.entries(IDENTITY_CHECKS)) {
        await runner.query(`alter table ${table} drop constraint ${name}`);
        await runner.query(`alter table ${table} add constraint ${name} ${rule} not valid`);
      }
  }
}

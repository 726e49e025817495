import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the feed of events tells beside the history; events from before have no version, and stay in the history only. */
const UP = `
  alter table event
    add version integer,
    add import_id varchar(80),
    alter key_id drop not null,
    alter request_id drop not null;`;

const DOWN = `
  delete from event where key_id is null or request_id is null;

  alter table event
    drop version,
    drop import_id,
    alter key_id set not null,
    alter request_id set not null;`;

/** The version that a change gave its object, and the import that it was part of. */
export class EventVersions1796200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

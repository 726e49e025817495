import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was committed before is not in the feed: the first snapshot is the one of the migration. */
const UP = `
  create table event_feed (
    workspace_id varchar(80) not null,
    log_id varchar(80) not null,
    cluster varchar(80),
    snapshot text not null,
    last_position bigint not null,
    removed_position bigint not null,
    constraint "PK_event_feed" primary key (workspace_id)
  );

  create table feed_entry (
    workspace_id varchar(80) not null,
    position bigint not null,
    id varchar(80) not null,
    type varchar(140) not null,
    subject_id varchar(80) not null,
    created_at timestamptz not null,
    constraint "PK_feed_entry" primary key (workspace_id, position)
  );

  create unique index feed_entry_id on feed_entry (workspace_id, id);
  create index feed_entry_subject on feed_entry (workspace_id, subject_id, position);
  create index feed_entry_age on feed_entry (workspace_id, created_at);
  create index event_transaction on event (workspace_id, transaction_id);

  insert into event_feed (workspace_id, log_id, snapshot, last_position, removed_position)
    select id, gen_random_uuid()::text, pg_current_snapshot()::text, 0, 0 from workspace;`;

const DOWN = `
  drop index event_transaction;
  drop table feed_entry;
  drop table event_feed;`;

/** The positions that committed events have in the feed of their workspace. */
export class EventFeed1796200000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log of changes. A range index, as the table only grows at its end: it costs a write next to nothing. */
const UP = `
  create table event (
    workspace_id varchar(80) not null,
    subject_id varchar(80) not null,
    created_at timestamptz not null default clock_timestamp(),
    id varchar(80) not null default ('evt_' || replace(gen_random_uuid()::text, '-', '')),
    type varchar(140) not null,
    object_id varchar(80) not null,
    key_id varchar(80) not null,
    request_id varchar(80) not null,
    before json,
    after json,
    transaction_id bigint not null default pg_current_xact_id()::text::bigint,
    constraint "PK_event" primary key (workspace_id, subject_id, created_at, id)
  );

  create index event_age on event using brin (workspace_id, created_at, transaction_id);`;

/** Who changed what: one event for every change of an object. */
export class EventLog1795370400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table event');
  }
}

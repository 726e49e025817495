import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
  create table consumer_position (
    workspace_id varchar(80) not null,
    consumer varchar(160) not null,
    position bigint not null,
    failures integer not null default 0,
    next_attempt_at timestamptz,
    lease varchar(80),
    leased_until timestamptz,
    constraint "PK_consumer_position" primary key (workspace_id, consumer),
    constraint consumer_position_workspace foreign key (workspace_id) references workspace (id) on delete cascade
  );`;

/** How far the consumers of modules have come. */
export class Consumers1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table consumer_position');
  }
}

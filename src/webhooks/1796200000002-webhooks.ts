import type { MigrationInterface, QueryRunner } from 'typeorm';
import { stopCountingRows } from '../common/index.js';
import { countRowsAsReleased } from '../common/module/released-row-count.js';

/** Indexes of the queue hold only what is owed, so they stay small however many deliveries are kept. */
const UP = `
  create table webhook_endpoint (
    workspace_id varchar(80) not null,
    version integer not null default 1,
    id varchar(80) not null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    url varchar(2048) not null,
    description varchar(500),
    enabled_events text[] not null,
    filter jsonb,
    ordering varchar(140) not null default 'none',
    include_object boolean not null default false,
    headers jsonb not null default '{}',
    disabled boolean not null default false,
    disabled_reason varchar(20),
    disabled_at timestamptz(3),
    missed_events integer not null default 0,
    secrets jsonb not null,
    failing_since timestamptz(3),
    constraint "PK_webhook_endpoint" primary key (workspace_id, id),
    constraint "url_not_blank" check (btrim(url, E' \\t\\n\\v\\f\\r') <> ''),
    constraint "ordering_one_of_1f74e0f3" check (ordering in ('none', 'per_opportunity'))
  );

  create table webhook_delivery (
    workspace_id varchar(80) not null,
    id varchar(80) not null,
    endpoint_id varchar(80) not null,
    created_at timestamptz(3) not null default now(),
    event_id varchar(80) not null,
    type varchar(140) not null,
    opportunity_id varchar(80),
    position bigint not null,
    status varchar(20) not null,
    next_attempt_at timestamptz(3),
    delivered_at timestamptz(3),
    ended_at timestamptz(3),
    attempted_at timestamptz(3),
    tries integer not null,
    attempts json not null,
    resent boolean not null,
    lease varchar(80),
    leased_until timestamptz,
    constraint "PK_webhook_delivery" primary key (workspace_id, id),
    constraint "FK_9254ae4100fcc2375e97f5c170b" foreign key (workspace_id, endpoint_id)
      references webhook_endpoint (workspace_id, id) on delete cascade
  );

  create unique index webhook_delivery_event on webhook_delivery (workspace_id, endpoint_id, event_id);
  create index webhook_delivery_newest on webhook_delivery (workspace_id, endpoint_id, created_at, id);
  create index webhook_delivery_due on webhook_delivery (workspace_id, endpoint_id, next_attempt_at)
    where status in ('pending', 'retrying');
  create index webhook_delivery_order on webhook_delivery (workspace_id, endpoint_id, opportunity_id, position)
    where status in ('pending', 'retrying');
  create index webhook_delivery_owed on webhook_delivery (workspace_id, position) where status in ('pending', 'retrying');`;

const DOWN = `
  drop table webhook_delivery;
  drop table webhook_endpoint;`;

/** Endpoints, and the queue of what is sent to them. */
export class Webhooks1796200000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    await countRowsAsReleased(runner, 'webhook_endpoint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await stopCountingRows(runner, 'webhook_endpoint');
    await runner.query(DOWN);
  }
}

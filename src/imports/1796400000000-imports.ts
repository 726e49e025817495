import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
  create table import (
    workspace_id varchar(80) not null,
    id varchar(80) not null,
    created_at timestamptz(3) not null default now(),
    status varchar(30) not null,
    format varchar(30) not null,
    mode varchar(30) not null,
    match_by varchar(30) not null,
    on_error varchar(30) not null,
    children varchar(30) not null,
    mapping jsonb not null,
    defaults json not null,
    delimiter varchar(30),
    decimal varchar(30),
    date_format varchar(30),
    timezone varchar(80) not null,
    file_id varchar(80),
    file_bytes bigint,
    file_sha256 varchar(64),
    rows integer not null default 0,
    created integer not null default 0,
    updated integer not null default 0,
    unchanged integer not null default 0,
    failed integer not null default 0,
    progress double precision,
    columns jsonb not null default '[]',
    warnings jsonb not null default '[]',
    errors jsonb not null default '[]',
    error jsonb,
    revert jsonb,
    checked_at timestamptz(3),
    started_at timestamptz(3),
    finished_at timestamptz(3),
    expires_at timestamptz(3),
    is_expired boolean not null default false,
    key_id varchar(80),
    request_id varchar(80),
    scan jsonb,
    place jsonb,
    due_at timestamptz,
    lease varchar(80),
    leased_until timestamptz,
    constraint "PK_import" primary key (workspace_id, id)
  );
  create index import_newest on import (workspace_id, created_at, id);
  create index import_due on import (workspace_id, due_at, id) where due_at is not null;

  create table import_chunk (
    workspace_id varchar(80) not null,
    file_id varchar(80) not null,
    number integer not null,
    created_at timestamptz(3) not null default now(),
    bytes bytea not null,
    constraint "PK_import_chunk" primary key (workspace_id, file_id, number)
  );

  create table import_row (
    workspace_id varchar(80) not null,
    import_id varchar(80) not null,
    is_run boolean not null,
    line integer not null,
    key varchar(140),
    external_id varchar(140),
    opportunity_id varchar(80),
    version integer,
    outcome varchar(30) not null,
    errors jsonb,
    reverted boolean,
    start bigint not null,
    bytes integer not null,
    constraint "PK_import_row" primary key (workspace_id, import_id, is_run, line),
    constraint "FK_ce6ad57c6269bf07c90b67560f4" foreign key (workspace_id, import_id) references import (workspace_id, id) on delete cascade
  );
  create index import_row_key on import_row (workspace_id, import_id, key) where not is_run and key is not null;

  create function import_of_transaction() returns text language sql stable
    return nullif(current_setting('crm.import_id', true), '');
  alter table event alter column import_id set default import_of_transaction();`;

const DOWN = `
  alter table event alter column import_id drop default;
  drop function import_of_transaction();
  drop table import_row;
  drop table import_chunk;
  drop table import;`;

/** Files that become deals, row by row. An event knows its import from a setting of the transaction it is written in. */
export class Imports1796400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { countRowsAsReleased } from '../../common/module/released-row-count.js';
import { stopCountingRows } from '../../common/module/row-count.js';

const TABLES = `
  create table pipeline (
    workspace_id varchar(80) not null,
    version integer not null default 1,
    id varchar(80) not null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    name varchar(140) not null,
    is_default boolean not null default false,
    archived boolean not null default false,
    constraint name_not_blank check (btrim(name, E' \\t\\n\\v\\f\\r') <> ''),
    constraint pipeline_name unique (workspace_id, name),
    constraint "PK_pipeline" primary key (workspace_id, id)
  );
  create index pipeline_newest on pipeline (workspace_id, created_at, id);
  create unique index pipeline_default on pipeline (workspace_id) where is_default;

  create table pipeline_stage (
    workspace_id varchar(80) not null,
    version integer not null default 1,
    id varchar(80) not null,
    idx integer not null,
    pipeline_id varchar(80) not null,
    key varchar(140) not null,
    label varchar(140) not null,
    type varchar(140) not null default 'open',
    probability numeric(21,9) not null,
    forecast_category varchar(140) not null,
    rotting_days integer,
    archived boolean not null default false,
    constraint idx_at_least_1 check (idx >= 1),
    constraint key_not_blank check (btrim(key, E' \\t\\n\\v\\f\\r') <> ''),
    constraint label_not_blank check (btrim(label, E' \\t\\n\\v\\f\\r') <> ''),
    constraint type_one_of_cdac6a71 check (type in ('open', 'won', 'lost')),
    constraint probability_at_least_0 check (probability >= 0),
    constraint probability_at_most_100 check (probability <= 100),
    constraint forecast_category_one_of_60a072e0 check (forecast_category in ('pipeline', 'best_case', 'commit', 'closed', 'omitted')),
    constraint rotting_days_at_least_0 check (rotting_days >= 0),
    constraint rotting_days_at_most_3650 check (rotting_days <= 3650),
    constraint pipeline_stage_order unique (workspace_id, pipeline_id, idx) deferrable initially deferred,
    constraint pipeline_stage_key unique (workspace_id, pipeline_id, key),
    constraint "PK_pipeline_stage" primary key (workspace_id, id)
  );
  alter table pipeline_stage add constraint "FK_4360027c5e92e218a82710070dd" foreign key (workspace_id, pipeline_id)
    references pipeline (workspace_id, id) on delete cascade;

  create table opportunity_state (
    workspace_id varchar(80) not null,
    opportunity_id varchar(80) not null,
    left_at timestamptz(3) not null,
    status varchar(140) not null,
    pipeline_id varchar(80),
    stage_id varchar(80),
    sales_stage varchar(140) not null,
    stage_entered_at timestamptz(3) not null,
    currency varchar(3),
    opportunity_amount numeric(21,9) not null,
    base_opportunity_amount numeric(21,9) not null,
    probability numeric(21,9) not null,
    expected_closing date,
    constraint "PK_state" primary key (workspace_id, opportunity_id, left_at)
  );
  create index opportunity_state_age on opportunity_state using brin (workspace_id, left_at);
  -- States go with their deal. A foreign key would do so as well, but would look for the deal at each change of one.
  create function forget_states() returns trigger language plpgsql as $$
  begin
    delete from opportunity_state using changed_rows
    where opportunity_state.workspace_id = changed_rows.workspace_id and opportunity_state.opportunity_id = changed_rows.id;
    return null;
  end $$;
  create trigger forget_states after delete on opportunity referencing old table as changed_rows
    for each statement execute function forget_states();

  -- Who writes deals takes the lock together with others, who changes pipelines alone. The second statement has a snapshot
  -- of its own, so it sees the pipeline that the lock waited for.
  create function has_pipeline(workspace text) returns boolean language plpgsql volatile as $$
  begin
    perform pg_advisory_xact_lock_shared(hashtextextended(workspace, 1795800000000));
    return exists (select from pipeline where workspace_id = workspace);
  end $$;`;

/** New columns of deals. None of them makes PostgreSQL write the rows that are there; the next migration fills those in. */
const COLUMNS = `
  alter table opportunity
    add column pipeline_id varchar(80),
    add column stage_id varchar(80),
    add column stage_entered_at timestamptz(3) not null default now(),
    add column probability_source varchar(140) not null default 'manual',
    add column snoozed_until timestamptz(3),
    add column won_at timestamptz(3),
    add column lost_at timestamptz(3),
    add column closed_at timestamptz(3),
    add column open_probability numeric(21,9),
    add column ended_is_estimated boolean not null default false,
    add constraint probability_source_one_of_8a45a9db check (probability_source in ('stage', 'manual')) not valid,
    add constraint opportunity_pipeline foreign key (workspace_id, pipeline_id) references pipeline (workspace_id, id) not valid,
    add constraint opportunity_stage foreign key (workspace_id, stage_id) references pipeline_stage (workspace_id, id) not valid;
  alter table opportunity alter column probability_source set default 'stage';`;

/** Pipelines with their stages, what deals gain by them, and the former states of deals. */
export class Pipelines1795800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '2s'`);
    await runner.query(TABLES);
    await runner.query(COLUMNS);
    await countRowsAsReleased(runner, 'pipeline');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table opportunity drop column pipeline_id, drop column stage_id, drop column stage_entered_at,
        drop column probability_source, drop column snoozed_until, drop column won_at, drop column lost_at,
        drop column closed_at, drop column open_probability, drop column ended_is_estimated;`);
    await stopCountingRows(runner, 'pipeline');
    await runner.query(
      'drop trigger forget_states on opportunity; drop function has_pipeline, forget_states; drop table opportunity_state, pipeline_stage, pipeline',
    );
  }
}

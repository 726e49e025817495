import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXES = {
  opportunity_by_pipeline: '(workspace_id, pipeline_id, created_at, id) where pipeline_id is not null',
  opportunity_by_stage: '(workspace_id, stage_id, created_at, id) where stage_id is not null',
};

const CONSTRAINTS = {
  probability_source_one_of_8a45a9db: `check (probability_source in ('stage', 'manual'))`,
  opportunity_pipeline: 'foreign key (workspace_id, pipeline_id) references pipeline (workspace_id, id)',
  opportunity_stage: 'foreign key (workspace_id, stage_id) references pipeline_stage (workspace_id, id)',
};

/** What takes a while at many deals, beside reads and writes; what a broken attempt has left is removed first. */
export class PipelineIndexes1795800000001 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, columns] of Object.entries(INDEXES)) {
      await runner.query(`drop index concurrently if exists ${name}`);
      await runner.query(`create index concurrently ${name} on opportunity ${columns}`);
    }
    for (const constraint of Object.keys(CONSTRAINTS))
      await runner.query(`alter table opportunity validate constraint ${constraint}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index if exists ${Object.keys(INDEXES).join(', ')}`);
    // A constraint that was validated can only be made anew to be one that is not.
    for (const [name, rule] of Object.entries(CONSTRAINTS)) {
      await runner.query(`alter table opportunity drop constraint ${name}`);
      await runner.query(`alter table opportunity add constraint ${name} ${rule} not valid`);
    }
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where rows are matched by id, the check of a row looks for the external ids that those before it have given. */
export class GivenExternalIds1797000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table import_row add column given_external_id varchar(140)');
    await runner.query(`create index import_row_given on import_row (workspace_id, import_id, given_external_id)
      where given_external_id is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table import_row drop column given_external_id');
  }
}

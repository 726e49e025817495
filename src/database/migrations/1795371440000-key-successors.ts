import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a key hands on: its lifetime, its successor, and the quota that the keys it makes share. */
export class KeySuccessors1795371440000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table api_key
        add lifetime interval,
        add replaced_by varchar(80),
        add quota_key_id varchar(80)`);
    await runner.query('update api_key set lifetime = expires_at - created_at');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table api_key drop lifetime, drop replaced_by, drop quota_key_id');
  }
}

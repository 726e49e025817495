import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What keys over HTTP show: how a key begins and ends, its own rate limit and its last use; its version for `If-Match`. */
export class KeysOverHttp1795370000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table api_key
        add version integer not null default 1,
        add hint varchar(20),
        add rate_limit integer,
        add last_used_at timestamptz(3)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table api_key drop version, drop hint, drop rate_limit, drop last_used_at');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Without a pending list, which one request in many would have to work off. */
const UP = `
  alter table idempotency_key add object_ids text[] not null default '{}';

  update idempotency_key set object_ids = array(
    select distinct found[1] from regexp_matches(body, '"([a-z-]+_[0-9a-hjkmnp-tv-z]{26})"', 'g') found)
  where body ~ '"[a-z-]+_[0-9a-hjkmnp-tv-z]{26}"';

  create index idempotency_key_objects on idempotency_key using gin (object_ids) with (fastupdate = off);`;

/** The ids that a stored answer mentions, so that an erasure finds it. */
export class Erasure1795644000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table idempotency_key drop object_ids');
  }
}

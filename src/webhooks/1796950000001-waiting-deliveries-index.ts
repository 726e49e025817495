import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Has what an endpoint is owed in the order in which it is looked at, so that a look reads only what it may take. Made
 * beside reads and writes; what a broken attempt has left is removed first.
 */
export class WaitingDeliveriesIndex1796950000001 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('drop index concurrently if exists webhook_delivery_next');
    await runner.query(`create index concurrently webhook_delivery_next
      on webhook_delivery (workspace_id, endpoint_id, greatest(next_attempt_at, waits_until), position)
      where status in ('pending', 'retrying')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index if exists webhook_delivery_next');
  }
}

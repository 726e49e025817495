import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The index by which the feed finds fresh events serves nothing else. PostgreSQL also looked an event up by it, among all of
 * a workspace that the statistics do not know yet. Made beside reads and writes; what a broken attempt has left is removed
 * first.
 */
export class NumberedEvents1797100000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('drop index concurrently if exists event_transaction_new');
    await runner.query(`create index concurrently event_transaction_new on event (workspace_id, transaction_id)
      where transaction_id > 0`);
    await runner.query('drop index concurrently if exists event_transaction');
    await runner.query('alter index event_transaction_new rename to event_transaction');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index if exists event_transaction');
    await runner.query('create index event_transaction on event (workspace_id, transaction_id)');
  }
}

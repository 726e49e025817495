import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is being sent is counted before each claim: a handful of rows, however much an endpoint is owed. */
export class WebhookLeases1796700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create index webhook_delivery_leased on webhook_delivery (workspace_id, endpoint_id) where lease is not null',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index webhook_delivery_leased');
  }
}

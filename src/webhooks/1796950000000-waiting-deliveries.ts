import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deliveries that wait for one before them are put off, so that nobody reads them again and again. */
export class WaitingDeliveries1796950000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table webhook_delivery add column waits_until timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table webhook_delivery drop column waits_until');
  }
}

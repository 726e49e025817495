import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The search index takes new words at once. It kept them in a list, and whoever filled that list up, one create in about 3 000,
 * waited until all of it was entered into the index.
 */
export class SearchWithoutPendingList1795390000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // First what takes a while, which others need not wait for; the change of the option locks the index.
    await runner.query(`select gin_clean_pending_list('opportunity_search')`);
    await runner.query(`set local lock_timeout = '2s'`);
    await runner.query('alter index opportunity_search set (fastupdate = off)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter index opportunity_search reset (fastupdate)');
  }
}

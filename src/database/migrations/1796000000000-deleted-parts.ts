import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds the event of a deleted row whose changes stand in the history of another object, by its own id: lists go on from
 * a row that is gone. Made beside reads and writes; what a broken attempt has left is removed first.
 */
export class DeletedParts1796000000000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('drop index concurrently if exists event_deleted_part');
    await runner.query(`create index concurrently event_deleted_part on event (workspace_id, object_id)
      where subject_id <> object_id and before is not null and after is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index if exists event_deleted_part');
  }
}

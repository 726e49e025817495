import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addCheckConstraints, dropCheckConstraints, validateCheckConstraints } from '../check-constraints.js';
import { CHECK_CONSTRAINTS } from './1795390000000-check-constraints.js';

/** The rows that there are meet the constraints of the migration before. In a transaction of its own, as it takes a while. */
export class ValidCheckConstraints1795390000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await validateCheckConstraints(runner, CHECK_CONSTRAINTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropCheckConstraints(runner, CHECK_CONSTRAINTS);
    await addCheckConstraints(runner, CHECK_CONSTRAINTS);
  }
}

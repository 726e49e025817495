import type { QueryRunner } from 'typeorm';
import { SchemaError } from './schema-error.js';

/** The check constraints of some tables: table → name → condition. */
export type CheckConstraints = Readonly<Record<string, Readonly<Record<string, string>>>>;

const CHECK_VIOLATION = '23514';

/**
 * Adds constraints for what is written from now on. Rows that are there already are not read, so that the table is locked
 * for a moment only; and whoever holds that lock off, such as a dump, ends the migration instead of stopping all requests.
 */
export async function addCheckConstraints(runner: QueryRunner, constraints: CheckConstraints): Promise<void> {
  await runner.query(`set local lock_timeout = '2s'`);
  for (const [table, checks] of Object.entries(constraints)) {
    const clauses = Object.entries(checks).map(
      ([name, condition]) => `add constraint "${name}" check (${condition}) not valid`,
    );
    await runner.query(`alter table ${table} ${clauses.join(', ')}`);
  }
}

/** Holds the rows that are there against the constraints, beside reads and writes. In a migration after the one that adds them. */
export async function validateCheckConstraints(runner: QueryRunner, constraints: CheckConstraints): Promise<void> {
  for (const [table, checks] of Object.entries(constraints))
    for (const [name, condition] of Object.entries(checks)) await validate(runner, table, name, condition);
}

/** For the way back. */
export async function dropCheckConstraints(runner: QueryRunner, constraints: CheckConstraints): Promise<void> {
  for (const [table, checks] of Object.entries(constraints)) {
    const clauses = Object.keys(checks).map((name) => `drop constraint "${name}"`);
    await runner.query(`alter table ${table} ${clauses.join(', ')}`);
  }
}

async function validate(runner: QueryRunner, table: string, name: string, condition: string): Promise<void> {
  try {
    await runner.query(`alter table ${table} validate constraint "${name}"`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== CHECK_VIOLATION) throw error;
    throw new SchemaError(
      `Some rows of ${table} break the rule "${name}", which already holds for new rows. Correct these rows, then start ` +
        `again. This statement finds them:\n  select * from ${table} where not (${condition})`,
    );
  }
}

import type { QueryRunner } from 'typeorm';

/**
 * TypeORM cannot read the expression of a generated column back from PostgreSQL, so it notes it in a table of its own, by
 * database and schema name. Notes them for `table`, in a migration that has just created the columns.
 */
export async function noteGeneratedColumns(
  runner: QueryRunner,
  table: string,
  expressions: Record<string, string>,
): Promise<void> {
  const text = `insert into typeorm_metadata (database, schema, "table", type, name, value)
    values (current_database(), current_schema(), $1, 'GENERATED_COLUMN', $2, $3)`;
  for (const [name, expression] of Object.entries(expressions)) await runner.query(text, [table, name, expression]);
}

/** Takes the notes of a table away again, or only of some of its columns, for the way back. */
export async function forgetGeneratedColumns(
  runner: QueryRunner,
  table: string,
  names?: readonly string[],
): Promise<void> {
  const text = `delete from typeorm_metadata
    where "table" = $1 and type = 'GENERATED_COLUMN' and name = any(coalesce($2::text[], array[name::text]))`;
  await runner.query(text, [table, names ?? null]);
}

/** A database restored or cloned under another name keeps notes for the old name; makes them its own. */
export async function adoptGeneratedColumns(runner: QueryRunner): Promise<void> {
  await runner.query(`update typeorm_metadata set database = current_database(), schema = current_schema()
    where type = 'GENERATED_COLUMN' and (database <> current_database() or schema <> current_schema())`);
}

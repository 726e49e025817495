import type { DataSource } from 'typeorm';

/*
 * Which module a migration belongs to, also when the module is not loaded. The notes are rows of the table in which TypeORM
 * keeps what it cannot read back from PostgreSQL; it looks at none but its own kinds.
 */

const KIND = 'MODULE';

/** Notes the owner of migrations that are about to run. */
export async function recordModuleMigrations(
  dataSource: DataSource,
  module: string,
  migrations: readonly { name: string }[],
): Promise<void> {
  const names = migrations.map(({ name }) => name);
  const text = `insert into typeorm_metadata (type, name, value) select '${KIND}', name, $1 from unnest($2::text[]) as name
    where not exists (select from typeorm_metadata known where known.type = '${KIND}' and known.name = name)`;
  await dataSource.query(text, [module, names]);
}

/** Forgets the owners of migrations that are not, or no longer, in the database. */
export async function forgetModuleMigrations(dataSource: DataSource): Promise<void> {
  if (!(await hasNotes(dataSource))) return;
  await dataSource.query(
    `delete from typeorm_metadata where type = '${KIND}' and name not in (select name from migrations)`,
  );
}

/** The modules that have migrations in the database, with the names of these, the last one first. */
export async function modulesInDatabase(dataSource: DataSource): Promise<Map<string, string[]>> {
  if (!(await hasNotes(dataSource))) return new Map();
  const rows = await dataSource.query<{ module: string; migrations: string[] }[]>(
    `select note.value as module, array_agg(m.name::text order by m.id desc) as migrations
     from typeorm_metadata note join migrations m on m.name = note.name where note.type = '${KIND}' group by note.value`,
  );
  return new Map(rows.map(({ module, migrations }) => [module, migrations]));
}

async function hasNotes(dataSource: DataSource): Promise<boolean> {
  const [found] = await dataSource.query<{ both: boolean }[]>(
    `select to_regclass('typeorm_metadata') is not null and to_regclass('migrations') is not null as both`,
  );
  return found?.both === true;
}

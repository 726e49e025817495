import type { ClientBase } from 'pg';

/** A table whose rows a backup holds; generated columns are left to the database. */
export interface BackupTable {
  name: string;
  columns: string[];
}

/** Written by triggers and by the migrations, which a restore runs. */
const MADE_BY_RESTORE = ['row_count', 'migrations', 'typeorm_metadata'];

/** In an order in which rows can be put back: what others point at comes first. */
export async function backupTables(client: ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable & { needs: string[] }>(
    `select quote_ident(c.relname) as name,
       array(select quote_ident(attname) from pg_attribute
         where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns,
       array(select distinct quote_ident(f.relname) from pg_constraint join pg_class f on f.oid = confrelid
         where conrelid = c.oid and contype = 'f' and confrelid <> c.oid) as needs
     from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> all ($1)
     order by c.relname`,
    [MADE_BY_RESTORE],
  );
  const ordered: BackupTable[] = [];
  const isReady = ({ needs }: { needs: string[] }): boolean =>
    needs.every((need) => ordered.some(({ name }) => name === need));
  for (let waiting = rows; waiting.length > 0; waiting = waiting.filter((table) => !ordered.includes(table))) {
    const ready = waiting.filter(isReady);
    if (ready.length === 0) throw new Error(`Tables point at each other in a circle: ${namesOf(waiting)}.`);
    ordered.push(...ready);
  }
  return ordered;
}

export function namesOf(tables: readonly BackupTable[]): string {
  return tables.map(({ name }) => name).join(', ');
}

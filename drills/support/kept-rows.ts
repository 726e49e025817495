import { dataTables, type Query } from './generated-rows.js';

/** What is in a table: its number of rows, and for each column a sum over the hashes of key and value. */
export type Fingerprint = Record<string, string>;

/** By table name. */
export async function fingerprints(query: Query): Promise<Map<string, Fingerprint>> {
  const found = new Map<string, Fingerprint>();
  for (const { name, columns } of await dataTables(query)) {
    // With the key in it, values that have changed places do not add up to the same.
    const key = columns.some((column) => column.name === 'id') ? 'id' : 'ctid::text';
    const sums = columns.map(
      (column) =>
        `sum(hashtextextended(${key} || ' ' || coalesce("${column.name}"::text, '-'), 0))::text as "${column.name}"`,
    );
    const [row] = await query<Fingerprint>(`select count(*)::text as "rows", ${sums.join(', ')} from ${name}`);
    found.set(name, row ?? {});
  }
  return found;
}

/** A line for each table and column that is still there, but holds something else than before. */
export async function lostBetween(query: Query, before: Map<string, Fingerprint>): Promise<string[]> {
  const now = await fingerprints(query);
  return [...now].flatMap(([table, after]) => {
    const then = before.get(table);
    if (then === undefined) return [];
    return Object.keys(after)
      .filter((column) => column in then && then[column] !== after[column])
      .map((column) => `${table}.${column} is not what it was`);
  });
}

/** A line for each table whose counters are not its number of rows. */
export async function wrongCounts(query: Query): Promise<string[]> {
  const [exists] = await query<{ oid: string | null }>(`select to_regclass('row_count') as oid`);
  if (exists?.oid == null) return [];
  const counted = await query<{ name: string; n: number }>(
    'select table_name as name, sum(n)::int as n from row_count group by 1',
  );
  const wrong: string[] = [];
  for (const { name, n } of counted) {
    const [table] = await query<{ n: number }>(`select count(*)::int as n from ${name}`);
    if (table?.n !== n) wrong.push(`${name} has ${table?.n ?? 0} rows, its counters say ${n}`);
  }
  return wrong;
}

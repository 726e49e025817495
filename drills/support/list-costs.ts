import pg from 'pg';

/** Medians: milliseconds of a plain list as a client sees it, and of its total in PostgreSQL, with the pages that this reads. */
export interface ListCosts {
  list: number;
  total: number;
  pages: number;
}

interface Explained {
  'QUERY PLAN': [{ 'Execution Time': number; Plan: { 'Shared Hit Blocks': number } }];
}

const READS = 100;

/** In the workspace of the key, which has this name. */
export async function listCosts(api: string, key: string, databaseUrl: string, workspace: string): Promise<ListCosts> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const list: number[] = [];
  const total: number[] = [];
  const pages: number[] = [];
  const explain = `explain (analyze, buffers, timing off, format json)
    select row_count_total(id, 'opportunity') from workspace where name = '${workspace}'`;
  for (let read = 0; read < READS; read++) {
    const since = performance.now();
    const response = await fetch(`${api}?limit=1`, { headers: { authorization: `Bearer ${key}` } });
    await response.arrayBuffer();
    list.push(performance.now() - since);
    const { rows } = await client.query<Explained>(explain);
    const explained = rows[0]?.['QUERY PLAN'][0];
    total.push(explained?.['Execution Time'] ?? 0);
    pages.push(explained?.Plan['Shared Hit Blocks'] ?? 0);
  }
  await client.end();
  return { list: median(list), total: median(total), pages: median(pages) };
}

/** A snapshot as a dump has one; it lasts until the end of the connection. */
export async function holdSnapshot(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('begin isolation level repeatable read read only');
  await client.query('select from opportunity limit 1');
  return client;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

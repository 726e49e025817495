import type pg from 'pg';
import type { Database } from './database.js';
import { loadStagedDeals, type StagedDeals } from './staged-deals.js';

/** Ids of loaded rows that the scenarios ask for. */
export interface Material {
  /** Opportunities from all over the table. */
  ids: string[];
  /** An opportunity whose list after it is a deep page. */
  cursor: string;
  deepOffset: number;
  /** Opportunities without line items, to add some to. */
  childless: string[];
  /** Opportunities with twenty line items, to be reordered. */
  families: { id: string; items: string[] }[];
  staged: StagedDeals;
}

const WANTED_IDS = 5000;
const WANTED_CHILDLESS = 2000;
const WANTED_FAMILIES = 500;

/** A prime, so that every entry has its turn. */
const SCATTER = 7919;

/** Offset of the deep page where there are rows enough, else nine tenths of them. */
const DEEP_OFFSET = 99_000;

export async function chooseMaterial({ client, rows, url }: Database): Promise<Material> {
  const deepOffset = rows >= 100_000 ? DEEP_OFFSET : Math.floor(rows * 0.9);
  const cursor = await client.query<{ id: string }>(
    'select id from opportunity order by created_at desc, id desc offset $1 limit 1',
    [deepOffset - 1],
  );
  const families = await client.query<{ id: string; items: string[] }>(
    `select opportunity_id as id, array_agg(id order by idx) as items from opportunity_item
      group by opportunity_id having count(*) = 20 order by opportunity_id limit ${WANTED_FAMILIES}`,
  );
  return {
    deepOffset,
    cursor: cursor.rows[0]?.id ?? '',
    ids: await spread(client, WANTED_IDS, Math.max(1, Math.floor(rows / WANTED_IDS)), 0),
    // Of ten loaded deals in a row, the third never has items.
    childless: await spread(client, WANTED_CHILDLESS, 10 * Math.max(1, Math.floor(rows / 10 / WANTED_CHILDLESS)), 2),
    families: families.rows,
    // Last: what was chosen before is of the first workspace alone.
    staged: await loadStagedDeals(client, url),
  };
}

/** One of every `step` opportunities in order of creation, scattered: neighbours in time are not neighbours in the list. */
async function spread(client: pg.Client, wanted: number, step: number, first: number): Promise<string[]> {
  const text = `select id from (select id, row_number() over (order by created_at, id) - 1 as n from opportunity) o
    where n % $1 = $2 order by n limit $3`;
  const chosen = (await client.query<{ id: string }>(text, [step, first, wanted])).rows;
  return chosen.map((_row, index) => chosen[(index * SCATTER) % chosen.length]?.id ?? '');
}

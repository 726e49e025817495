import type { Database } from './database.js';

/** Ids of loaded rows that the scenarios ask for. */
export interface Material {
  rows: number;
  /** Opportunities from all over the table. */
  ids: string[];
  /** An opportunity whose list after it is a deep page. */
  cursor: string;
  deepOffset: number;
  /** Opportunities without line items, to add some to. */
  childless: string[];
  /** Opportunities with twenty line items, to be reordered. */
  families: { id: string; items: string[] }[];
}

const WANTED_IDS = 5000;
const WANTED_CHILDLESS = 2000;
const WANTED_FAMILIES = 500;

/** Offset of the deep page where there are rows enough, else nine tenths of them. */
const DEEP_OFFSET = 99_000;

export async function chooseMaterial({ client, rows }: Database): Promise<Material> {
  const deepOffset = rows >= 100_000 ? DEEP_OFFSET : Math.floor(rows * 0.9);
  const all = await client.query<{ id: string }>('select id from opportunity order by created_at, id');
  const ids = all.rows.map(({ id }) => id);
  const families = await client.query<{ id: string; items: string[] }>(
    `select opportunity_id as id, array_agg(id order by idx) as items from opportunity_item
      group by opportunity_id having count(*) = 20 order by opportunity_id limit ${WANTED_FAMILIES}`,
  );
  // Of ten loaded deals in a row, the second to fifth never have items.
  const childless = ids.filter((_id, index) => index % 10 === 2);
  return {
    rows,
    deepOffset,
    ids: spread(ids, WANTED_IDS),
    cursor: ids.at(-deepOffset) ?? '',
    childless: spread(childless, WANTED_CHILDLESS),
    families: families.rows,
  };
}

/** Up to `wanted` of them, evenly spaced and then in a scattered order, so that neighbours in time are not neighbours in place. */
function spread(ids: string[], wanted: number): string[] {
  const step = Math.max(1, Math.floor(ids.length / wanted));
  const chosen = ids.filter((_id, index) => index % step === 0).slice(0, wanted);
  return chosen.map((_id, index) => chosen[(index * 7919) % chosen.length] ?? '');
}

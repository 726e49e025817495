import { type Call, type Decimal, idsOf, isSameStored, pipeline, stringifyExact } from '../common/index.js';
import { matchChildren, type ChildEntry } from '../common/ordered-children/match-children.js';
import { byParent } from '../common/ordered-children/merge-plan.js';
import { sameAsWritten } from '../common/ordered-children/same-values.js';
import type { OpportunityItem } from '../crm/opportunity-item/opportunity-item.entity.js';
import { ownImages } from '../crm/opportunity-item/opportunity-item.image.js';
import type { RowResult } from './deal-writer.js';
import type { StoredImport } from './import.entity.js';
import { lineOf } from './readers/deal-row.js';
import type { Warning } from './readers/header.js';
import { readNumber } from './readers/values.js';

const OF_DEALS = `select id, base_opportunity_amount, total, base_total from opportunity
  where workspace_id = $1 and id = any(${idsOf('$2')})`;
const OF_ITEMS = `select * from opportunity_item
  where workspace_id = $1 and opportunity_id = any(${idsOf('$2')}) order by idx`;

type Amounts = Readonly<Record<string, Decimal | null>>;
type Deal = Amounts & { id: string };
type Item = Amounts & Pick<OpportunityItem, 'id' | 'opportunity_id' | 'image' | 'image_view'>;

/** Warnings about amounts of the file that the service computes otherwise, once the rows are written. */
export async function differingAmounts(
  call: Call,
  job: StoredImport,
  results: readonly RowResult[],
): Promise<Warning[]> {
  const { decimal } = job;
  const compared = results.filter(({ row, deal }) => row.computed !== undefined && deal !== undefined);
  if (compared.length === 0) return [];
  const ids = compared.map(({ deal }) => deal?.id);
  const { deals, items } = await pipeline({
    deals: call.manager.query<Deal[]>(OF_DEALS, [call.workspaceId, ids]),
    items: call.manager.query<Item[]>(OF_ITEMS, [call.workspaceId, ids]),
  });
  const dealsById = new Map(deals.map((row) => [row.id, row]));
  const itemsOf = byParent(items, 'opportunity_id');
  return compared.flatMap((result) => {
    const { row, deal } = result;
    const id = deal?.id ?? '';
    const entries = itemsOfEntries(result, job, itemsOf.get(id) ?? []);
    return Object.entries(row.computed ?? {}).flatMap(([param, given]): Warning[] => {
      const [, index, name = param] = /^items\[(\d+)\]\.(.+)$/.exec(param) ?? [];
      const ours = (index === undefined ? dealsById.get(id) : entries[Number(index)])?.[name];
      const theirs = typeof given === 'string' ? readNumber(given, decimal) : given;
      if (ours === undefined || ours === null || (theirs !== undefined && isSameStored(ours, theirs))) return [];
      const text = typeof given === 'string' ? given.slice(0, 50) : stringifyExact(given);
      const message = `${param} is '${text}' in the file; the service computes ${stringifyExact(ours)}.`;
      return [{ line: lineOf(row, param), param, code: 'value_differs', message }];
    });
  });
}

/**
 * The line item of each entry of a row. They are in its order, unless the deal keeps others: then each entry now has one that
 * it names, or equals.
 */
function itemsOfEntries(
  { row, outcome }: RowResult,
  { children, match_by }: StoredImport,
  items: readonly Item[],
): readonly (Item | undefined)[] {
  if (outcome === 'created' || children === 'replace') return items;
  const { items: entries = [] } = row.body as { items?: ChildEntry[] };
  const isSame = sameAsWritten<Item>(ownImages);
  const rules = { externalId: 'external_id', usesIds: match_by === 'id', isSame };
  return matchChildren(items, entries, rules).children;
}

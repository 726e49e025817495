import { type Call, type Decimal, idsOf, isSameStored, pipeline, stringifyExact } from '../common/index.js';
import type { RowResult } from './deal-writer.js';
import type { StoredImport } from './import.entity.js';
import { lineOf } from './readers/deal-row.js';
import type { Warning } from './readers/header.js';
import { readNumber } from './readers/values.js';

const OF_DEALS = `select id, base_opportunity_amount, total, base_total from opportunity
  where workspace_id = $1 and id = any(${idsOf('$2')})`;
const OF_ITEMS = `select opportunity_id, idx, amount, base_rate, base_amount from opportunity_item
  where workspace_id = $1 and opportunity_id = any(${idsOf('$2')})`;

type Amounts = Readonly<Record<string, Decimal | null>>;

/**
 * Warnings about amounts of the file that the service computes otherwise, once the rows are written. Line items are compared
 * where they are the entries of the row, in their order.
 */
export async function differingAmounts(
  call: Call,
  { decimal, children }: StoredImport,
  results: readonly RowResult[],
): Promise<Warning[]> {
  const compared = results.filter(({ row, deal }) => row.computed !== undefined && deal !== undefined);
  if (compared.length === 0) return [];
  const ids = compared.map(({ deal }) => deal?.id);
  const { deals, items } = await pipeline({
    deals: call.manager.query<(Amounts & { id: string })[]>(OF_DEALS, [call.workspaceId, ids]),
    items: call.manager.query<(Amounts & { opportunity_id: string; idx: number })[]>(OF_ITEMS, [call.workspaceId, ids]),
  });
  const known = new Map<string, Amounts>([
    ...deals.map((row): [string, Amounts] => [row.id, row]),
    ...items.map((row): [string, Amounts] => [`${row.opportunity_id} ${row.idx}`, row]),
  ]);
  return compared.flatMap(({ row, deal, outcome }) => {
    const areEntries = outcome === 'created' || children === 'replace';
    return Object.entries(row.computed ?? {}).flatMap(([param, given]): Warning[] => {
      const [, index, name = param] = /^items\[(\d+)\]\.(.+)$/.exec(param) ?? [];
      if (index !== undefined && !areEntries) return [];
      const key = index === undefined ? '' : ` ${Number(index) + 1}`;
      const ours = known.get(`${deal?.id ?? ''}${key}`)?.[name];
      const theirs = typeof given === 'string' ? readNumber(given, decimal) : given;
      if (ours === undefined || ours === null || (theirs !== undefined && isSameStored(ours, theirs))) return [];
      const text = typeof given === 'string' ? given.slice(0, 50) : stringifyExact(given);
      const message = `${param} is '${text}' in the file; the service computes ${stringifyExact(ours)}.`;
      return [{ line: lineOf(row, param), param, code: 'value_differs', message }];
    });
  });
}

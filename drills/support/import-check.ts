import type { Json } from '../../test/support/client.js';
import type { FileRow } from './import-file.js';
import type { ImportRun } from './import-run.js';

export type Query = <Row extends object>(text: string, values: unknown[]) => Promise<Row[]>;

interface StoredDeal {
  id: string;
  external_id: string;
  title: string;
  total: number;
  items: { item_name: string; qty: number; rate: number }[];
}

const DEALS = `select o.id, external_id, title, total::float8 as total, coalesce((
    select json_agg(json_build_object('item_name', item_name, 'qty', qty, 'rate', rate) order by idx)
    from opportunity_item i where i.workspace_id = o.workspace_id and i.opportunity_id = o.id), '[]') as items
  from opportunity o join import on import.workspace_id = o.workspace_id where import.id = $1 order by o.id`;

const EVENTS = `select object_id as id, type, count(*)::int as n from event
  where import_id = $1 and type in ('opportunity.created', 'opportunity.updated', 'opportunity.deleted') group by 1, 2`;

/** What of an import does not hold: every row exactly once or told, and each deal as its row says, unless others were at it. */
export async function importFaults(run: ImportRun, query: Query): Promise<string[]> {
  const results = await run.results();
  const deals = await query<StoredDeal>(DEALS, [run.id]);
  const events = await query<{ id: string; type: string; n: number }>(EVENTS, [run.id]);
  const faults = [
    ...resultFaults(run, results),
    ...eventFaults(run, results, events),
    ...dealFaults(run, results, new Map(deals.map((deal) => [deal.external_id, deal]))),
  ];
  return faults.map((fault) => `${run.name}: ${fault}`);
}

/** Every row of the file has one result, in its order, and the counts are theirs. */
function resultFaults({ file, state, touched }: ImportRun, results: readonly Json[]): string[] {
  const faults: string[] = [];
  const lines = results.map(({ line }) => line as number).join();
  if (lines !== file.rows.map(({ line }) => line).join()) faults.push('the results are not the rows of the file');
  const count = (outcome: string): number => results.filter((result) => result.outcome === outcome).length;
  for (const outcome of ['created', 'updated', 'unchanged', 'failed', 'unprocessed'])
    if (state[outcome] !== count(outcome))
      faults.push(`${String(state[outcome])} ${outcome} are counted, ${count(outcome)} are told`);
  if (state.rows !== results.length) faults.push(`${String(state.rows)} rows are counted, ${results.length} are told`);
  const isWhole = ['succeeded', 'succeeded_with_errors', 'reverted'].includes(state.status as string);
  const first = results.findIndex(({ outcome }) => outcome === 'unprocessed');
  if (first >= 0 && (isWhole || results.slice(first).some(({ outcome }) => outcome !== 'unprocessed')))
    faults.push('a row is unprocessed before others');
  file.rows.forEach(({ key, line, outcome }, at) => {
    const told = results[at]?.outcome as string;
    if (told !== outcome && told !== 'unprocessed' && !touched.has(key))
      faults.push(`line ${line} should be ${outcome} and is ${told}`);
  });
  const ids = results.flatMap(({ outcome, id }) => (outcome === 'created' ? [id as string] : []));
  if (ids.some((id, at) => id <= (ids[at - 1] ?? ''))) faults.push('ids do not rise in the order of the file');
  return faults;
}

/** A row has the events of one write if it wrote, and none if not; a reverted one has those of its end. */
function eventFaults(
  { state }: ImportRun,
  results: readonly Json[],
  events: readonly { id: string; type: string; n: number }[],
): string[] {
  const found = new Map(events.map(({ id, type, n }) => [`${type} ${id}`, n]));
  const wanted = new Set<string>();
  for (const { id, outcome, reverted } of results) {
    if (outcome === 'created') wanted.add(`opportunity.created ${String(id)}`);
    if (outcome === 'updated') wanted.add(`opportunity.updated ${String(id)}`);
    if (reverted === true) wanted.add(`opportunity.deleted ${String(id)}`);
  }
  const missing = [...wanted].filter((event) => found.get(event) !== 1);
  const foreign = [...found.keys()].filter((event) => !wanted.has(event));
  const reverted = results.filter((result) => result.reverted === true).length;
  const kept = results.filter((result) => result.reverted === false).length;
  const counted = state.revert as { deleted: number; kept: number } | null;
  return [
    ...missing.map((event) => `${event} is there ${found.get(event) ?? 0} times`),
    ...foreign.map((event) => `${event} belongs to no row`),
    ...(counted !== null && (counted.deleted !== reverted || counted.kept !== kept)
      ? [`${JSON.stringify(counted)} are reverted, and ${reverted} and ${kept} are told`]
      : []),
  ];
}

/** What nobody else was at is as its row says, or as it was before. */
function dealFaults(
  { file, touched }: ImportRun,
  results: readonly Json[],
  deals: ReadonlyMap<string, StoredDeal>,
): string[] {
  return file.rows.flatMap((row, at) => {
    if (touched.has(row.key) || isRepeatedKey(file.rows, at)) return [];
    const { outcome, reverted, id } = results[at] as { outcome: string; reverted: boolean | null; id: string | null };
    const deal = deals.get(row.key);
    const isWritten = outcome === 'created' || outcome === 'updated';
    if (isWritten && reverted !== true) return sameDeal(row, deal, id) ? [] : [`line ${row.line} is not its deal`];
    if (deal === undefined)
      return row.outcome === 'updated' || row.outcome === 'unchanged' ? [`${row.key} is gone`] : [];
    if (row.outcome === 'created' || (row.outcome === 'updated' && deal.title !== 'before'))
      return [`line ${row.line} was not written, and its deal is`];
    return [];
  });
}

/** A key that comes again: the first row has the deal. */
function isRepeatedKey(rows: readonly FileRow[], at: number): boolean {
  return rows[at - 1]?.key === rows[at]?.key;
}

function sameDeal(row: FileRow, deal: StoredDeal | undefined, id: string | null): boolean {
  if (deal === undefined || deal.id !== id || deal.title !== row.title) return false;
  const total = row.items.reduce((sum, { qty, rate }) => sum + qty * rate, 0);
  return JSON.stringify(deal.items) === JSON.stringify(row.items) && Math.abs(deal.total - total) < 1e-6;
}

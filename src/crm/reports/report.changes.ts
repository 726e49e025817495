import { invalidParameter } from '../../common/index.js';
import type { Group } from './deal-groups.js';
import { BASE, figuresOf, IS_OPEN, NO_FIGURES } from './figures.js';
import { plainGrouping } from './groupings.js';
import type { Moments } from './moments.js';
import { KEPT_FOR_CHANGES, opportunitiesAt } from './opportunities-at.js';
import type { Places, ReportRun } from './report-run.js';
import type { ReportBody } from './report.js';

/** In the order of the formula: opening + new + increased − decreased + moved_in − moved_out − won − lost − closed = totals. */
export const CHANGES = [
  'opening',
  'new',
  'increased',
  'decreased',
  'moved_in',
  'moved_out',
  'won',
  'lost',
  'closed',
] as const;

/** What became of the open deals between two moments. */
export async function changesReport(run: ReportRun): Promise<ReportBody> {
  refuseFuture(run.moments);
  const { rows } = await run.groups((places) => ({
    groupings: [plainGrouping('change', 'change', false)],
    measures: [BASE],
    base: changes(run, places),
    isFiltered: true,
  }));
  const found = new Map<string | null | undefined, Group>(
    rows.map(({ keys: [change], group }) => [change?.key, group]),
  );
  const figures = (change: string): object => {
    const group = found.get(change);
    return group === undefined ? NO_FIGURES : figuresOf(group);
  };
  return { data: CHANGES.map((change) => ({ change, ...figures(change) })), totals: figures('closing') };
}

/** What is still to come has no changes: a window ends now at the latest, and must not begin after its end. */
function refuseFuture({ from, as_of }: Moments): void {
  if (from !== null && Date.parse(from) > Date.parse(as_of))
    throw invalidParameter('from', 'from must not be in the future.');
}

/** A row for each change of a deal, with its amount; and one for each deal at the beginning and at the end. */
function changes(run: ReportRun, places: Places): string {
  const { from, to, as_of } = run.moments;
  const begin = `${places.placeholder(from)}::timestamptz`;
  const isOver = to !== null && Date.parse(to) < Date.parse(as_of);
  // What is still to come has not changed anything yet.
  const end = isOver ? `${places.placeholder(to)}::timestamptz` : `'infinity'::timestamptz`;
  const at = (moment: string): string => opportunitiesAt(moment, KEPT_FOR_CHANGES, 'before');
  const columns = 'id, company, currency, opportunity_amount, base_opportunity_amount, created_at';
  const isIn = (moment: string): string => {
    const { from: source, where } = run.deals(places, at(moment));
    return `select ${columns} from ${source} where ${where} and ${IS_OPEN}`;
  };
  const row = (change: string, deal: string, amount = `${deal}.base_opportunity_amount`): string =>
    `select $1::text as workspace_id, ${change} as change, ${deal}.company, ${deal}.currency, ${deal}.opportunity_amount, ${amount} as base_opportunity_amount`;
  const difference = 'c.base_opportunity_amount - o.base_opportunity_amount';
  return `(with opening as materialized (${isIn(begin)}), closing as materialized (${isIn(end)}),
      ending as (select id, status from ${at(end)} e)
    ${row(`'opening'`, 'o')} from opening o
    union all ${row(`'closing'`, 'c')} from closing c
    union all ${row(`case when ${difference} > 0 then 'increased' else 'decreased' end`, 'c', `abs(${difference})`)}
      from closing c join opening o on o.id = c.id where ${difference} <> 0
    union all ${row(`case when c.created_at >= ${begin} then 'new' else 'moved_in' end`, 'c')}
      from closing c where not exists (select from opening o where o.id = c.id)
    union all ${row(`case e.status when 'Converted' then 'won' when 'Lost' then 'lost' when 'Closed' then 'closed' else 'moved_out' end`, 'o')}
      from opening o join ending e on e.id = o.id where not exists (select from closing c where c.id = o.id))`;
}

import type { KeyedGroup } from './deal-groups.js';
import { signedRatio } from './exact.js';
import { BASE, figuresOf, NO_FIGURES } from './figures.js';
import { plainGrouping, type Grouping } from './groupings.js';
import type { Measure } from './measures.js';
import type { GroupQuestion, Places, ReportRun } from './report-run.js';
import type { ReportBody } from './report.js';

const ENDED_AT = `(case status when 'Converted' then won_at when 'Lost' then lost_at when 'Closed' then closed_at end)`;
const IS_WON = `status = 'Converted'`;
const STATUS = plainGrouping('status', 'status', false);

/** The part of the won deals in those that were won or lost. */
function rate(name: string, unit: Measure['unit'], amount: string): Measure {
  return {
    name,
    unit,
    columns: (at) => [
      { name: `w${at}`, ofDeal: `case when ${IS_WON} then ${amount} else 0 end`, fold: 'sum' },
      { name: `a${at}`, ofDeal: amount, fold: 'sum' },
    ],
    value: (at) => signedRatio(`sum(w${at})`, `sum(a${at})`),
    empty: 'null',
  };
}

const RATES = [
  rate('rate_by_count', undefined, '1::numeric'),
  rate('rate_by_base', 'base', 'base_opportunity_amount::numeric'),
];

/** How many of the deals that ended were won, by month. */
export async function winRateReport(run: ReportRun): Promise<ReportBody> {
  const {
    rows: ended,
    levels: [all = []],
  } = await run.groups((places) => ({ ...question(run, places, (month) => [month, STATUS]), levels: [[1]] }));
  const rates = await run.groups((places) => ({
    ...question(run, places, (month) => [month], `status in ('Converted', 'Lost')`),
    measures: RATES,
  }));
  const months = [...new Set(ended.map(({ keys: [month] }) => month?.key ?? null))];
  const rateOf = (month: string | null): object =>
    ratesOf(rates.rows.find(({ keys }) => keys[0]?.key === month)?.group ?? {});
  const data = months.map((month) => {
    const groups = ended.filter(({ keys }) => keys[0]?.key === month);
    return { month, ...outcomesOf(groups), ...rateOf(month) };
  });
  return { data, totals: { ...outcomesOf(all), ...ratesOf(rates.totals) } };
}

function question(
  run: ReportRun,
  places: Places,
  groupings: (month: Grouping) => Grouping[],
  isWanted = `status in ('Converted', 'Lost', 'Closed')`,
): GroupQuestion {
  const column = run.request.cohort === 'created' ? 'created_at' : ENDED_AT;
  return {
    groupings: groupings(run.months(column, places)),
    measures: [BASE],
    where: [isWanted, ...run.inWindow(column, places)],
  };
}

function outcomesOf(groups: readonly KeyedGroup[]): object {
  const outcome = (status: string): object => {
    const group = groups.find(({ keys }) => keys.at(-1)?.key === status)?.group;
    return group === undefined ? NO_FIGURES : figuresOf(group);
  };
  return { won: outcome('Converted'), lost: outcome('Lost'), closed: outcome('Closed') };
}

function ratesOf(group: { base_reason?: string; rate_by_count?: unknown; rate_by_base?: unknown }): object {
  const { base_reason, rate_by_count = null, rate_by_base = null } = group;
  return { rate_by_count, rate_by_base, ...(base_reason !== undefined && { base_reason }) };
}

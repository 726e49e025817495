import type { CompanyFigures, Group, KeyedGroup } from './deal-groups.js';
import { signedRatio } from './exact.js';
import { BASE, figuresOf, NO_FIGURES } from './figures.js';
import { plainGrouping } from './groupings.js';
import type { Measure } from './measures.js';
import type { GroupQuestion, Places, ReportRun } from './report-run.js';
import type { ReportBody } from './report.js';

const ENDED_AT = `(case status when 'Converted' then won_at when 'Lost' then lost_at when 'Closed' then closed_at end)`;
const IS_WON = `status = 'Converted'`;
const STATUS = plainGrouping('status', 'status', false);
/** Closed deals are in no rate. */
const CLOSED = plainGrouping('closed', `case when status = 'Closed' then '1' else '0' end`, false);

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
    levels: [all = [], monthly = [], whole = []],
  } = await run.groups((places) => question(run, places));
  const months = [...new Set(ended.map(({ keys: [month] }) => month?.key ?? null))];
  const data = months.map((month) => {
    const isOf = ({ keys }: KeyedGroup): boolean => keys[0]?.key === month;
    return { month, ...outcomesOf(ended.filter(isOf)), ...ratesOf(monthly.filter(isOf)) };
  });
  return { data, totals: { ...outcomesOf(all), ...ratesOf(whole) } };
}

function question(run: ReportRun, places: Places): GroupQuestion {
  const column = run.request.cohort === 'created' ? 'created_at' : ENDED_AT;
  return {
    groupings: [run.months(column, places), STATUS, CLOSED],
    measures: [BASE, ...RATES],
    where: [`status in ('Converted', 'Lost', 'Closed')`, ...run.inWindow(column, places)],
    levels: [[1], [0, 2], [2]],
  };
}

function outcomesOf(groups: readonly KeyedGroup[]): object {
  const outcome = (status: string): object => {
    const group = groups.find(({ keys }) => keys[1]?.key === status)?.group;
    return group === undefined ? NO_FIGURES : withoutRates(group);
  };
  return { won: outcome('Converted'), lost: outcome('Lost'), closed: outcome('Closed') };
}

interface Rates {
  rate_by_count?: unknown;
  rate_by_base?: unknown;
}

/** Of the groups by whether deals were closed, that of the others has the rates; of several companies, one for each. */
function ratesOf(groups: readonly KeyedGroup[]): object {
  const group: Partial<Group> & Rates = groups.find(({ keys }) => keys[2]?.key === '0')?.group ?? {};
  const { base_reason, by_company, rate_by_count = null, rate_by_base = null } = group;
  const companies = by_company?.map(({ company, count, base, rate_by_base = null }: CompanyFigures & Rates) => ({
    ...{ company, count, base },
    rate_by_base,
  }));
  return {
    ...{ rate_by_count, rate_by_base },
    ...(base_reason !== undefined && { base_reason }),
    ...(companies && { by_company: companies }),
  };
}

function withoutRates(group: Group): object {
  const { rate_by_count: _count, rate_by_base: _base, by_company, ...figures }: Group & Rates = group;
  const companies = by_company?.map(({ company, count, base }: CompanyFigures) => ({ company, count, base }));
  return figuresOf({ ...figures, ...(companies && { by_company: companies }) });
}

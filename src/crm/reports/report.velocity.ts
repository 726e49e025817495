import { ratio, signedRatio } from './exact.js';
import { BASE, figuresOf, IS_OPEN } from './figures.js';
import { average, type Measure } from './measures.js';
import { BASE_AMOUNT, CYCLE_DAYS } from './quantities.js';
import type { ReportRun } from './report-run.js';
import type { ReportBody } from './report.js';

const WON = 'coalesce(sum(n), 0)';

/** How much the deals that are open bring in a day, going by the deals that ended in the window. */
export async function velocityReport(run: ReportRun): Promise<ReportBody> {
  const none = { groupings: [], measures: [] };
  const open = await run.groups(() => ({ ...none, where: [IS_OPEN] }));
  const lost = await run.groups((places) => ({
    ...none,
    where: [`status = 'Lost'`, ...run.inWindow('lost_at', places)],
  }));
  const won = await run.groups((places) => ({
    groupings: [],
    measures: [
      average('average_won_base', BASE_AMOUNT),
      winRate(lost.totals.count),
      average('average_cycle_days', CYCLE_DAYS),
      velocity(open.totals.count, lost.totals.count),
      BASE,
    ],
    where: [`status = 'Converted'`, ...run.inWindow('won_at', places)],
  }));
  const { count: _won, base: _base, by_company, ...factors } = figuresOf(won.totals);
  const companies = by_company?.map(({ company, count, base = null }) => ({ company, count, base }));
  return {
    data: [],
    totals: { open_count: open.totals.count, ...factors, ...(companies && { by_company: companies }) },
  };
}

function winRate(lost: number): Measure {
  return {
    name: 'win_rate',
    unit: undefined,
    columns: () => [],
    value: () => ratio(WON, `nullif(${WON} + ${lost}, 0)`),
    empty: 'null',
  };
}

/** Open deals × average base of the won ones × their rate ÷ their average days, of which only the quotient is rounded. */
function velocity(open: number, lost: number): Measure {
  const { sql, divisor } = CYCLE_DAYS;
  return {
    name: 'velocity',
    unit: 'base',
    columns: (at, asOf) => [
      { name: `s${at}`, ofDeal: BASE_AMOUNT.sql(asOf), fold: 'sum' },
      { name: `d${at}`, ofDeal: sql(asOf), fold: 'sum' },
    ],
    value: (at) => signedRatio(`${open} * sum(s${at}) * ${WON} * ${divisor}`, `(${WON} + ${lost}) * sum(d${at})`),
    empty: 'null',
  };
}

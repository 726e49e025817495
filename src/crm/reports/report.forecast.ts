import { FORECAST_CATEGORIES } from '../pipeline-stage/pipeline-stage.entity.js';
import type { Group, KeyedGroup } from './deal-groups.js';
import { BASE, figuresOf, IS_OPEN, OPEN_PARAMETER, WEIGHTED } from './figures.js';
import { periodGrouping, plainGrouping, type Grouping } from './groupings.js';
import { periodOf } from './periods.js';
import { placeholderOnce } from './run-report.js';
import type { GroupQuestion, Places, ReportRun } from './report-run.js';
import type { ReportBody } from './report.js';
import { bounds, type FilterParameters, type GroupKey } from './row-filter.js';

const MONTH = periodGrouping('month', 'expected_closing', periodOf('month', 1));
const CATEGORY = plainGrouping('forecast_category', 'forecast_category', false);
const IS_COUNTED = `forecast_category is distinct from 'omitted'`;

/** Open deals by the month in which they should close, and won deals by the month in which they were won. */
export async function forecastReport(run: ReportRun): Promise<ReportBody> {
  const { today } = run.moments;
  // Told of each day, of which there are fewer than deals. Overdue deals come first.
  const overdue = ({ placeholder }: Places): Grouping => {
    const now = placeholderOnce(placeholder, today);
    const key = (day: string): string => `case when ${day} < ${now()}::date then '0' else '1' end`;
    return { ...plainGrouping('overdue', 'expected_closing', false), key };
  };
  const {
    rows: parts,
    levels: [months = [], categories = []],
    totals,
  } = await run.groups((places) => ({
    ...open(run, places, [MONTH, overdue(places), CATEGORY]),
    levels: [[0, 1], [2]],
  }));
  const won = await run.groups((places) => ({
    groupings: [run.months('won_at', places)],
    measures: [BASE],
    where: [`status = 'Converted'`, ...run.inWindow('won_at', places)],
  }));
  const rowOf = ({ keys, group }: KeyedGroup): object => {
    const [month, due] = keys;
    const isOverdue = due?.key === '0';
    const own = parts.filter((part) => part.keys[0]?.key === month?.key && part.keys[1]?.key === due?.key);
    return {
      month: month?.key ?? null,
      overdue: isOverdue,
      ...valuesOf(group, own),
      filter: run.filter(rowParameters(run, month, isOverdue)),
    };
  };
  const wonOf = ({ keys: [month], group }: KeyedGroup): object => ({
    month: month?.key ?? null,
    ...figuresOf(group),
    filter: run.filter([
      ['status', 'Converted'],
      ...bounds('won_at', run.moments.from, run.moments.to),
      ...bounds('won_at', month?.from ?? null, month?.until ?? null),
    ]),
  });
  return {
    data: months.map(rowOf),
    won: won.rows.map(wonOf),
    totals: { ...valuesOf(totals, categories), won: figuresOf(won.totals) },
  };
}

/** Open deals that count, in the window of their closing dates. */
function open(run: ReportRun, { placeholder }: Places, groupings: readonly Grouping[]): GroupQuestion {
  const { from, to } = run.request;
  const window = [
    ...(from === undefined ? [] : [`expected_closing >= ${placeholder(from)}::date`]),
    ...(to === undefined ? [] : [`expected_closing < ${placeholder(to)}::date`]),
  ];
  return { groupings, measures: [BASE, WEIGHTED], where: [IS_OPEN, IS_COUNTED, ...window] };
}

function valuesOf(group: Group, categories: readonly KeyedGroup[]): object {
  const ordered = [...FORECAST_CATEGORIES, null].flatMap((category) =>
    categories.filter(({ keys }) => (keys.at(-1)?.key ?? null) === category),
  );
  const by_category = ordered.map(({ keys, group: part }) => ({
    forecast_category: keys.at(-1)?.key ?? null,
    ...figuresOf(part),
  }));
  return { ...figuresOf(group), by_currency: group.by_currency, by_category };
}

function rowParameters(run: ReportRun, month: GroupKey | undefined, isOverdue: boolean): FilterParameters {
  const { from = null, to = null } = run.request;
  const { today } = run.moments;
  const name = 'expected_closing';
  const isCounted = ['forecast_category[ne]', 'omitted'] as const;
  if (month?.key == null) return [OPEN_PARAMETER, [`${name}[is_null]`, 'true'], isCounted];
  return [
    OPEN_PARAMETER,
    ...bounds(name, from, to),
    ...bounds(name, month.from, month.until),
    ...(isOverdue ? bounds(name, null, today) : bounds(name, today, null)),
    isCounted,
  ];
}

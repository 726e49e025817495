import { LOST_REASON } from '../opportunity/opportunity.dto.js';
import type { AggregateSortTerm } from './aggregate.sql.js';
import { BASE, figuresOf, IS_OPEN } from './figures.js';
import { groupingOf, plainGrouping, type Grouping } from './groupings.js';
import type { GroupQuestion, Places, ReportRun } from './report-run.js';
import type { ReportBody } from './report.js';
import { bounds } from './row-filter.js';

const REASON = groupingOf(
  { name: LOST_REASON.name, attribute: LOST_REASON, period: undefined, fiscalYearStart: 1 },
  () => '',
);

/** The stage of the last state in which the deal was open. */
const LAST_STAGE = plainGrouping(
  'sales_stage',
  `(select s.sales_stage from opportunity_state s where s.workspace_id = $1
      and s.opportunity_id = opportunity.id and s.${IS_OPEN} order by s.left_at desc limit 1)`,
);

const MOST_FIRST: readonly AggregateSortTerm[] = [{ by: 'count', at: 0, descending: true }];

/** Lost deals by reason, and by the stage in which they were lost. */
export async function lossesReport(run: ReportRun): Promise<ReportBody> {
  const byReason = await run.groups((places) => lost(run, places, REASON));
  const byStage = await run.groups((places) => lost(run, places, LAST_STAGE));
  const { from, to } = run.moments;
  return {
    data: byReason.rows.map(({ keys: [reason], group }) => ({
      lost_reason: reason?.key ?? null,
      ...figuresOf(group),
      filter: run.filter([
        ['status', 'Lost'],
        ...bounds('lost_at', from, to),
        reason?.key == null ? ['lost_reason[is_null]', 'true'] : ['lost_reason', reason.key],
      ]),
    })),
    by_stage: byStage.rows.map(({ keys: [stage], group }) => ({
      sales_stage: stage?.key ?? null,
      ...figuresOf(group),
    })),
    totals: figuresOf(byReason.totals),
  };
}

function lost(run: ReportRun, places: Places, grouping: Grouping): GroupQuestion {
  return {
    groupings: [grouping],
    measures: [BASE],
    where: [`status = 'Lost'`, ...run.inWindow('lost_at', places)],
    sort: MOST_FIRST,
  };
}

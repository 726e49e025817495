import { figuresOf } from './figures.js';
import { plainGrouping } from './groupings.js';
import { average, median, ninetiethPercentile } from './measures.js';
import { CYCLE_DAYS } from './quantities.js';
import type { ReportRun } from './report-run.js';
import type { ReportBody } from './report.js';

const MEASURES = [
  average('average_days', CYCLE_DAYS),
  median('median_days', CYCLE_DAYS),
  ninetiethPercentile('p90_days', CYCLE_DAYS),
];

/** How long won deals took, by owner or by type. */
export async function cycleReport(run: ReportRun): Promise<ReportBody> {
  const { groupBy = 'opportunity_owner' } = run.request;
  const { rows, totals } = await run.groups((places) => ({
    groupings: [plainGrouping(groupBy, groupBy)],
    measures: MEASURES,
    where: [`status = 'Converted'`, ...run.inWindow('won_at', places)],
  }));
  const data = rows.map(({ keys: [key], group }) => ({ [groupBy]: key?.key ?? null, ...figuresOf(group) }));
  return { data, totals: figuresOf(totals) };
}

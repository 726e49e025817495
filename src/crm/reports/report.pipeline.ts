import { plainGrouping } from './groupings.js';
import type { Group } from './deal-groups.js';
import { BASE, figuresOf, IS_OPEN, OPEN_PARAMETER, WEIGHTED } from './figures.js';
import { average, sum } from './measures.js';
import { KEPT_FOR_PIPELINE, opportunitiesAt } from './opportunities-at.js';
import { once, STAGE_DAYS, type Quantity } from './quantities.js';
import type { ReportRun } from './report-run.js';
import { readStages, type Stage } from './stages.js';
import type { ReportBody } from './report.js';

const ROTTEN: Quantity = {
  name: 'rotten',
  sql: (asOf) => `(rotten_at <= ${once(asOf)})::int`,
  divisor: 1,
  unit: undefined,
};

const MEASURES = [BASE, WEIGHTED, average('average_days', STAGE_DAYS), sum('rotten', ROTTEN)];

const NOTHING: Group = { count: 0, by_currency: [], ...{ base: 0, weighted: 0, average_days: null, rotten: 0 } };

/** Open deals by stage, as they stand or as they stood. */
export async function pipelineReport(run: ReportRun): Promise<ReportBody> {
  const { at } = run.moments;
  const stages = await readStages(run);
  const { rows, totals } = await run.groups(({ placeholder }) => {
    const moment = at === null ? undefined : `${placeholder(at)}::timestamptz`;
    return {
      groupings: [
        plainGrouping('stage_id', 'stage_id', false),
        plainGrouping('text', 'case when stage_id is null then sales_stage end'),
      ],
      measures: MEASURES,
      where: [IS_OPEN],
      ...(moment !== undefined && { base: opportunitiesAt(moment, KEPT_FOR_PIPELINE, 'at'), asOf: moment }),
    };
  });
  const found = new Map(rows.map(({ keys: [stage], group }) => [stage?.key, group]));
  const pipelineId = run.request.filter.written.find(([name]) => name === 'pipeline_id')?.[1];
  const isShown = ({ stage_id, type, archived, pipeline_id }: Stage): boolean =>
    found.has(stage_id) || (type === 'open' && !archived && (pipelineId === undefined || pipelineId === pipeline_id));
  const ofStage = ({ stage_id, pipeline_id, key, label }: Stage): object => ({
    ...{ pipeline_id, stage_id, key, label },
    ...valuesOf(found.get(stage_id) ?? NOTHING, at),
    filter: at === null ? run.filter([OPEN_PARAMETER, ['stage_id', stage_id]]) : null,
  });
  const ofText = (text: string, group: Group): object => ({
    ...{ pipeline_id: null, stage_id: null, key: text, label: text },
    ...valuesOf(group, at),
    filter: at === null ? run.filter([OPEN_PARAMETER, ['sales_stage', text], ['stage_id[is_null]', 'true']]) : null,
  });
  const unknown = rows.flatMap(({ keys: [, text], group }) => (text?.key == null ? [] : [ofText(text.key, group)]));
  return { data: [...stages.filter(isShown).map(ofStage), ...unknown], totals: valuesOf(totals, at) };
}

/** How many were rotten then nobody knows: rotting is told by the stages of now. */
function valuesOf(group: Group, at: string | null): object {
  return { ...figuresOf(group), ...(at !== null && { rotten: null }), by_currency: group.by_currency };
}

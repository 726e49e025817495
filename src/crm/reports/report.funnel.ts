import { ratio } from './exact.js';
import { IS_OPEN } from './figures.js';
import type { ReportRun } from './report-run.js';
import type { ReportBody } from './report.js';
import { readStages, type Stage } from './stages.js';

interface Passage {
  stage_id: string;
  entered: number;
  advanced: number;
  rate: unknown;
}

/** How many deals entered each open stage of a pipeline, and how many went on from there. */
export async function funnelReport(run: ReportRun): Promise<ReportBody> {
  const { pipelineId } = run.request;
  const stages = (await readStages(run)).filter(({ pipeline_id, is_default }) =>
    pipelineId === undefined ? is_default : pipeline_id === pipelineId,
  );
  const passages = new Map((await passagesOf(run, stages)).map((passage) => [passage.stage_id, passage]));
  const data = stages
    .filter(({ type }) => type === 'open')
    .map(({ pipeline_id, stage_id, key, label }) => {
      const { entered = 0, advanced = 0, rate = null } = passages.get(stage_id) ?? {};
      return { pipeline_id, stage_id, key, label, entered, advanced, rate };
    });
  return { data, totals: {} };
}

/**
 * Periods are the states of one stage and one time of entering it, in which the deal was open. A former win is known by its end,
 * which is the time of entering if the deal was reopened there.
 */
function passagesOf(run: ReportRun, stages: readonly Stage[]): Promise<Passage[]> {
  return run.query<Passage>((places) => {
    const { from, where } = run.deals(places);
    const ids = places.placeholder(stages.map(({ stage_id }) => stage_id));
    return `with deals as (select id, status, won_at, stage_id, stage_entered_at from ${from} where ${where}),
      stages as (select id, idx, type from pipeline_stage where workspace_id = $1 and id = any(${ids})),
      periods as (
        select s.opportunity_id as deal, s.stage_id, s.stage_entered_at as began from opportunity_state s
          where s.workspace_id = $1 and s.stage_id = any(${ids}) and s.${IS_OPEN} and s.opportunity_id in (select id from deals)
        union select id, stage_id, stage_entered_at from deals where stage_id = any(${ids}) and ${IS_OPEN}),
      entries as (select p.deal, p.stage_id, min(p.began) as began from periods p
        where ${['true', ...run.inWindow('p.began', places)].join(' and ')} group by p.deal, p.stage_id),
      wins as (select id as deal, won_at as at from deals where won_at is not null
        union all select s.opportunity_id, s.left_at from opportunity_state s
          where s.workspace_id = $1 and s.status = 'Converted' and s.opportunity_id in (select id from deals)),
      last_wins as (select deal, max(at) as at from wins group by deal),
      outcomes as (select e.stage_id, coalesce(bool_or(w.at > e.began), false)
          or bool_or(p.began > e.began and g.idx > own.idx and g.type in ('open', 'won')) as is_advanced
        from entries e join stages own on own.id = e.stage_id join periods p on p.deal = e.deal
          join stages g on g.id = p.stage_id left join last_wins w on w.deal = e.deal
        group by e.deal, e.stage_id)
      select stage_id, count(*) as entered, count(*) filter (where is_advanced) as advanced,
        ${ratio('count(*) filter (where is_advanced)::numeric', 'count(*)')} as rate
      from outcomes group by stage_id`;
  });
}

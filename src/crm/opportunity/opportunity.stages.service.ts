import { Injectable } from '@nestjs/common';
import { asAnswer, type Call, resourceMissing } from '../../common/index.js';
import { OPEN_STATUSES } from './opportunity.changes.js';
import type { StageHistory, StagePeriod, StageTotal } from './opportunity.stages.dto.js';
import { statesSql } from './opportunity.states.js';

/** The states of deals, put together to the periods that a deal was open in one stage. `seconds` count to now while one runs. */
const PERIODS = `select opportunity_id, (array_agg(pipeline_id order by began_at desc))[1] as pipeline_id,
    (array_agg(stage_id order by began_at desc))[1] as stage_id,
    (array_agg(sales_stage order by began_at desc))[1] as sales_stage, stage_entered_at as entered_at,
    case when bool_or(left_at is null) then null else max(left_at) end as left_at,
    (array_agg(opportunity_amount order by began_at))[1] as opportunity_amount,
    (array_agg(base_opportunity_amount order by began_at))[1] as base_opportunity_amount,
    (array_agg(probability order by began_at))[1] as probability,
    (array_agg(expected_closing order by began_at))[1] as expected_closing
  from ${statesSql('= any($2)')} states where status in ${OPEN_STATUSES}
  group by opportunity_id, stage_entered_at`;

const OF_OPPORTUNITIES = asAnswer(`select opportunity_id, pipeline_id, stage_id, sales_stage, entered_at, left_at,
    round(extract(epoch from coalesce(left_at, greatest(now(), entered_at)) - entered_at)::numeric, 3) as seconds,
    opportunity_amount, base_opportunity_amount, probability, expected_closing
  from (${PERIODS}) periods order by opportunity_id, entered_at`);

const LAST = `select stage_id from ${statesSql('= $2')} states
  where status in ${OPEN_STATUSES} and stage_id = any($3) order by left_at desc nulls first limit 1`;

type PeriodOf = StagePeriod & { opportunity_id: string | undefined };

/** The stage history: when a deal was in which stage, as long as it was open. */
@Injectable()
export class OpportunityStagesService {
  async history(call: Call, id: string): Promise<StageHistory> {
    const data = (await this.ofOpportunities(call, [id])).get(id) ?? [];
    if (data.length === 0) await requireOpportunity(call, id);
    return { data, has_more: false, total: data.length, totals: totalsOf(data) };
  }

  /** The periods of several opportunities, oldest first. */
  async ofOpportunities(call: Call, ids: readonly string[]): Promise<Map<string, StagePeriod[]>> {
    const rows = await call.manager.query<PeriodOf[]>(OF_OPPORTUNITIES, [call.workspaceId, ids]);
    const byId = new Map<string, StagePeriod[]>();
    for (const { opportunity_id = '', ...period } of rows)
      byId.set(opportunity_id, [...(byId.get(opportunity_id) ?? []), period]);
    return byId;
  }

  /** The one of these stages in which an opportunity was last while it was open. */
  async lastOf(call: Call, id: string, stageIds: readonly string[]): Promise<string | null> {
    const [row] = await call.manager.query<{ stage_id: string }[]>(LAST, [call.workspaceId, id, stageIds]);
    return row?.stage_id ?? null;
  }
}

/** One for each stage, in the order in which the deal first entered them. Times are added in milliseconds, which are whole. */
function totalsOf(periods: readonly StagePeriod[]): StageTotal[] {
  const totals = new Map<string, StageTotal>();
  for (const { pipeline_id, stage_id, sales_stage, seconds } of periods) {
    const key = JSON.stringify([pipeline_id, stage_id ?? sales_stage]);
    const known = totals.get(key) ?? { pipeline_id, stage_id, sales_stage, visits: 0, seconds: 0 };
    const milliseconds = Math.round(known.seconds * 1000) + Math.round(Number(seconds) * 1000);
    totals.set(key, { ...known, visits: known.visits + 1, seconds: milliseconds / 1000 });
  }
  return [...totals.values()];
}

async function requireOpportunity(call: Call, id: string): Promise<void> {
  const text = 'select id from opportunity where workspace_id = $1 and id = $2';
  const found = await call.manager.query<unknown[]>(text, [call.workspaceId, id]);
  if (found.length === 0) throw resourceMissing('opportunity', id);
}

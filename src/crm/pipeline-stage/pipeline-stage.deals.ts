import type { Call, Decimal } from '../../common/index.js';
import { timeForDeals } from '../pipeline/pipeline.aggregate.js';
import type { OpportunityService } from '../opportunity/opportunity.service.js';
import type { StageChoice } from '../pipeline/pipeline.aggregate.js';

/** How many deals are changed by one statement: each stays far below the time that a statement may take. */
const AT_ONCE = 500;

/** The deals of a pipeline, or of a stage. */
export interface DealsIn {
  column: 'pipeline_id' | 'stage_id';
  id: string;
}

const SIMILAR = 'lower(s.key) = lower(opportunity.sales_stage)';
/** Links a part of the deals, by `set` and where `isMeant` holds, and answers the last id that it looked at. */
const linkStep = (set: string, isMeant: string): string => `with part as (
    select id from opportunity where workspace_id = $1 and id > $2 and ${isMeant} order by id limit ${AT_ONCE}),
  linked as (update opportunity set ${set} where workspace_id = $1 and id = any(array(select id from part)) and ${isMeant})
  select max(id) as last from part`;

const STAGES = 'from pipeline_stage s where s.workspace_id = $1 and s.pipeline_id = $3::text';

const LINK_ALL = linkStep(
  `pipeline_id = $3::text, stage_id = coalesce(
    (select s.id ${STAGES} and s.key = opportunity.sales_stage),
    (select min(s.id) ${STAGES} and ${SIMILAR} having count(*) = 1))`,
  'pipeline_id is null',
);

const LINK_STAGE = linkStep(
  'stage_id = $4::text',
  `pipeline_id = $3::text and stage_id is null
    and (sales_stage = $5::text or lower(sales_stage) = lower($5::text)
      and not exists (select ${STAGES} and ${SIMILAR} and s.id <> $4::text))`,
);

const APPLIED = `select opportunity.id, stage.probability
  from opportunity join pipeline_stage stage on stage.workspace_id = $1 and stage.id = opportunity.stage_id
  where opportunity.workspace_id = $1 and opportunity.pipeline_id = $2 and opportunity.probability_source = 'stage'
    and stage.type = 'open' and opportunity.status not in ('Converted', 'Lost')
    and opportunity.probability <> stage.probability
  order by opportunity.id`;

/** What changes of pipelines and stages mean to the deals in them. The caller has a transaction, and holds the pipelines alone. */
export class StageDeals {
  constructor(private readonly opportunities: OpportunityService) {}

  /** Takes all deals of a workspace into its first pipeline. Nothing else of them changes. */
  async linkAll(call: Call, pipelineId: string): Promise<void> {
    await this.link(call, LINK_ALL, [pipelineId]);
  }

  /** Takes the deals whose text a new stage gives a meaning. */
  async linkStage(
    call: Call,
    { id, pipeline_id, key }: Pick<StageChoice, 'id' | 'pipeline_id' | 'key'>,
  ): Promise<void> {
    await this.link(call, LINK_STAGE, [pipeline_id, id, key]);
  }

  /** In steps, in the order of the ids: nobody adds deals meanwhile. */
  private async link(call: Call, step: string, parameters: readonly string[]): Promise<void> {
    const requireTime = timeForDeals(call);
    for (let last: string | null = ''; last !== null;) {
      requireTime();
      const [found]: { last: string | null }[] = await call.manager.query(step, [
        call.workspaceId,
        last,
        ...parameters,
      ]);
      last = found?.last ?? null;
    }
  }

  async count(call: Call, { column, id }: DealsIn): Promise<number> {
    const text = `select count(*)::int as count from opportunity where workspace_id = $1 and ${column} = $2`;
    const [row] = await call.manager.query<{ count: number }[]>(text, [call.workspaceId, id]);
    return row?.count ?? 0;
  }

  /** Moves all deals to a stage, as a PATCH of each would. */
  async moveAll(call: Call, { column, id }: DealsIn, { pipeline_id, key }: StageChoice): Promise<void> {
    // Locked, so that none is deleted before it is moved.
    const text = `select id from opportunity where workspace_id = $1 and ${column} = $2 order by id limit ${AT_ONCE} for update`;
    const requireTime = timeForDeals(call);
    for (;;) {
      requireTime();
      const deals = await call.manager.query<{ id: string }[]>(text, [call.workspaceId, id]);
      if (deals.length === 0) return;
      await this.opportunities.updateMany(
        call,
        deals.map((deal) => ({ id: deal.id, pipeline_id, sales_stage: key })),
      );
    }
  }

  /** Gives the deals that follow their stage its probability; answers how many had another one. */
  async applyProbabilities(call: Call, pipelineId: string): Promise<number> {
    const changes = await call.manager.query<{ id: string; probability: Decimal }[]>(APPLIED, [
      call.workspaceId,
      pipelineId,
    ]);
    const requireTime = timeForDeals(call);
    for (let from = 0; from < changes.length; from += AT_ONCE) {
      requireTime();
      await this.opportunities.rows.updateMany(call, changes.slice(from, from + AT_ONCE));
    }
    return changes.length;
  }
}

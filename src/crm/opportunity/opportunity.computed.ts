import type { ComputedOptions } from '../../common/index.js';
import { FORECAST_CATEGORIES } from '../pipeline-stage/pipeline-stage.entity.js';

/* Attributes of an opportunity that have no column, as SQL over `opportunity` and the stage that it is in, `stage`. */

/** Joins the stage of each opportunity. */
export const STAGE_JOIN = `left join pipeline_stage stage
  on stage.workspace_id = opportunity.workspace_id and stage.id = opportunity.stage_id`;

export const ROTTEN_AT = {
  sql: `case when opportunity.status in ('Open', 'Replied', 'Quotation') and stage.type = 'open'
    and stage.rotting_days is not null
  then greatest(opportunity.stage_entered_at + stage.rotting_days * interval '24 hours', opportunity.snoozed_until) end`,
  type: 'timestamptz',
  schema: { type: String, format: 'date-time', nullable: true },
  description:
    'When the deal becomes rotten: `rotting_days` of its stage after `stage_entered_at`, but not before `snoozed_until`. Null for a deal that is not open, and for stages without `rotting_days`.',
} satisfies ComputedOptions;

export const FORECAST_CATEGORY = {
  sql: `case opportunity.status when 'Converted' then 'closed' when 'Lost' then 'omitted'
  when 'Closed' then 'omitted' else stage.forecast_category end`,
  type: 'varchar',
  schema: { type: String, enum: [...FORECAST_CATEGORIES], nullable: true },
  description:
    'How a forecast counts the deal: `closed` if it is Converted, `omitted` if it is Lost or Closed, otherwise the category of its stage.',
} satisfies ComputedOptions;

export const PIPELINE_NAME = {
  sql: `(select p.name from pipeline p
  where p.workspace_id = $1 and p.id = opportunity.pipeline_id)`,
  type: 'varchar',
  schema: { type: String, nullable: true, example: 'Sales' },
  description: 'Name of the pipeline of the deal.',
} satisfies ComputedOptions;

/** Not rounded, for sums; a multiplication, as a division would round. */
export const WEIGHTED_EXACTLY = 'opportunity.base_opportunity_amount * opportunity.probability * 0.01';

export const WEIGHTED_AMOUNT = {
  sql: `round(${WEIGHTED_EXACTLY}, 9)`,
  type: 'numeric',
  schema: { type: Number, minimum: -1e12, maximum: 1e12, example: 5000.2 },
  description: '`base_opportunity_amount` × `probability` ÷ 100.',
} satisfies ComputedOptions;

/* Attributes of an opportunity that have no column, as SQL over `opportunity` and the stage that it is in, `stage`. */

/** Joins the stage of each opportunity. */
export const STAGE_JOIN = `left join pipeline_stage stage
  on stage.workspace_id = opportunity.workspace_id and stage.id = opportunity.stage_id`;

export const ROTTEN_AT = `case when opportunity.status in ('Open', 'Replied', 'Quotation') and stage.type = 'open'
    and stage.rotting_days is not null
  then greatest(opportunity.stage_entered_at + stage.rotting_days * interval '24 hours', opportunity.snoozed_until) end`;

export const FORECAST_CATEGORY = `case opportunity.status when 'Converted' then 'closed' when 'Lost' then 'omitted'
  when 'Closed' then 'omitted' else stage.forecast_category end`;

export const PIPELINE_NAME = `(select p.name from pipeline p
  where p.workspace_id = opportunity.workspace_id and p.id = opportunity.pipeline_id)`;

/** Not rounded, for sums; a multiplication, as a division would round. */
export const WEIGHTED_EXACTLY = 'opportunity.base_opportunity_amount * opportunity.probability * 0.01';

export const WEIGHTED_AMOUNT = `round(${WEIGHTED_EXACTLY}, 9)`;

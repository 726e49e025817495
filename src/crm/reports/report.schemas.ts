import type { ApiPropertyOptions } from '@nestjs/swagger';
import { FORECAST_CATEGORIES } from '../pipeline-stage/pipeline-stage.entity.js';
import type { ReportName } from './definitions.js';
import { CHANGES } from './report.changes.js';
import { BY_CURRENCY, COUNT, FILTER_SCHEMA, listOf, objectOf } from './schemas.js';

/* What reports answer, for the document. */

export type ReportSchemas = Readonly<Record<string, ApiPropertyOptions>>;

/** The properties of an object; those in `optional` may be absent. */
interface Properties {
  properties: Record<string, object>;
  optional?: Record<string, object>;
}

const number = (description: string): object => ({ type: 'number', nullable: true, description });
const text = (description: string): object => ({ type: 'string', nullable: true, description });

const AMOUNTS = {
  base: number('Sum of `base_opportunity_amount`; null if the deals belong to several companies.'),
  weighted: number('Sum of `weighted_amount`; null if the deals belong to several companies.'),
};

function schemaOf({ properties, optional = {} }: Properties): object {
  return { required: Object.keys(properties), properties: { ...properties, ...optional } };
}

const REASON = {
  type: 'string',
  enum: ['several_companies'],
  description: 'Why base amounts are null: each company has its own base currency.',
};

function companiesWith(title: string, amounts: Record<string, object>): object {
  const company = { type: 'string', description: 'The company.' };
  return listOf(
    { title, ...schemaOf({ properties: { company, count: COUNT, ...amounts } }) },
    'The amounts of each company, if the deals belong to several companies.',
  );
}

function companies(base: object, weighted?: object): object {
  return weighted
    ? companiesWith('CompanyWeightedAmount', { base, weighted })
    : companiesWith('CompanyAmount', { base });
}

/** A number of deals with their base amounts. */
function figures(more: Record<string, object>, isWeighted = false): object {
  const { base } = AMOUNTS;
  const weighted = isWeighted ? AMOUNTS.weighted : undefined;
  return schemaOf({
    properties: { count: COUNT, base, ...(weighted && { weighted }), ...more },
    optional: { base_reason: REASON, by_company: companies(base, weighted) },
  });
}

/** The same as a property. */
const PLAIN = (description: string): object => objectOf({ title: 'DealAmount', ...figures({}) }, description);

const MONTH = { month: text('The month, such as `2027-01`; null for deals without a date.') };

const STAGE = {
  pipeline_id: text('Id of the pipeline; null for a text that is no stage.'),
  stage_id: text('Id of the stage; null for a text that is no stage.'),
  key: { type: 'string', description: '`sales_stage` of the deals in the stage.' },
  label: { type: 'string', description: 'Name to show.' },
};

const PIPELINE = {
  average_days: number('Average days that the deals have been in the stage.'),
  rotten: { type: 'integer', nullable: true, description: 'Number of rotten deals; null with `at`.' },
  by_currency: BY_CURRENCY,
};

const CATEGORIES = listOf(
  {
    title: 'CategoryAmount',
    ...figures(
      {
        forecast_category: {
          type: 'string',
          nullable: true,
          enum: [...FORECAST_CATEGORIES, null],
          description: 'The forecast category; null for deals in no stage.',
        },
      },
      true,
    ),
  },
  'The same deals by forecast category.',
);

const FORECAST = { by_currency: BY_CURRENCY, by_category: CATEGORIES };

const OUTCOMES = {
  won: PLAIN('Deals that were won.'),
  lost: PLAIN('Deals that were lost.'),
  closed: PLAIN('Deals that were closed.'),
  rate_by_count: number('Won ÷ (won + lost), by number.'),
  rate_by_base: number('Won ÷ (won + lost), by base amount.'),
};

const COMPANY_RATES = companiesWith('CompanyRate', {
  base: number('Sum of `base_opportunity_amount` of the won and the lost deals.'),
  rate_by_base: OUTCOMES.rate_by_base,
});

const DAYS = {
  count: COUNT,
  average_days: number('Average days from creation to winning.'),
  median_days: number('Median of these days.'),
  p90_days: number('Number of days that nine of ten deals do not exceed.'),
};

const VELOCITY = {
  open_count: COUNT,
  average_won_base: number('Average base amount of the won deals.'),
  win_rate: number('Won ÷ (won + lost), by number.'),
  average_cycle_days: number('Average days from creation to winning.'),
  velocity: number('The base amount that the open deals bring per day.'),
};

function withReason(properties: Record<string, object>, by_company = companies(AMOUNTS.base)): object {
  return schemaOf({ properties, optional: { base_reason: REASON, by_company } });
}

/** The schema of a row of each report, and of the lists beside them. */
export const ROWS: Record<ReportName | 'forecast_won' | 'losses_by_stage', object> = {
  pipeline: figures({ ...STAGE, ...PIPELINE, filter: FILTER_SCHEMA }, true),
  forecast: figures(
    {
      ...MONTH,
      overdue: { type: 'boolean', description: 'Whether the closing dates are before today.' },
      ...FORECAST,
      filter: FILTER_SCHEMA,
    },
    true,
  ),
  forecast_won: figures({ ...MONTH, filter: FILTER_SCHEMA }),
  'win-rate': withReason({ ...MONTH, ...OUTCOMES }, COMPANY_RATES),
  losses: figures({ lost_reason: text('The reason; null for deals without one.'), filter: FILTER_SCHEMA }),
  losses_by_stage: figures({ sales_stage: text('The stage; null for deals that were created as Lost.') }),
  cycle: schemaOf({
    properties: DAYS,
    optional: { opportunity_owner: text('The owner.'), opportunity_type: text('The type, with `group_by`.') },
  }),
  funnel: schemaOf({
    properties: {
      ...STAGE,
      entered: { type: 'integer', minimum: 0, description: 'Deals that entered the stage.' },
      advanced: { type: 'integer', minimum: 0, description: 'Entered deals that went on.' },
      rate: number('Advanced ÷ entered.'),
    },
  }),
  velocity: {},
  changes: figures({ change: { type: 'string', enum: CHANGES, description: 'The kind of change.' } }),
};

/** The schema of the totals of each report. */
export const TOTALS: Record<ReportName, object> = {
  pipeline: figures(PIPELINE, true),
  forecast: figures({ ...FORECAST, won: PLAIN('Won deals.') }, true),
  'win-rate': withReason(OUTCOMES, COMPANY_RATES),
  losses: figures({}),
  cycle: schemaOf({ properties: DAYS }),
  funnel: schemaOf({ properties: {} }),
  velocity: withReason(VELOCITY),
  changes: figures({}),
};

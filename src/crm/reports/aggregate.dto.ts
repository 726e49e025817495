import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { AggregateQueryBase } from './aggregate.query.js';
import type { Group } from './deal-groups.js';
import { FUNCTIONS } from './measures.js';
import {
  AS_OF_SCHEMA,
  BASE_CURRENCY_SCHEMA,
  BY_CURRENCY,
  COUNT,
  FILTER_SCHEMA,
  listOf,
  TIMEZONE_SCHEMA,
} from './schemas.js';

export class AggregateQuery extends AggregateQueryBase {}

export interface AggregateRow extends Group {
  keys: Record<string, string | null>;
  filter: string | null;
}

const VALUE = {
  type: 'number',
  nullable: true,
  description: 'A measure; null if no deal has a value, or if the values cannot be added.',
};

/** Measures, by the names that the request gave them. */
const VALUES = { patternProperties: { [`^(count_distinct|${FUNCTIONS.join('|')})\\.`]: VALUE } };

const GROUP = {
  count: COUNT,
  currency_reason: {
    type: 'string',
    enum: ['several_currencies'],
    description: 'Why measures of `opportunity_amount` and `total` are null.',
  },
  base_reason: {
    type: 'string',
    enum: ['several_companies'],
    description: 'Why measures of base amounts are null; `by_company` has them.',
  },
  by_company: listOf(
    {
      required: ['company', 'count'],
      properties: { company: { type: 'string', description: 'The company.' }, count: COUNT },
      ...VALUES,
    },
    'The measures of base amounts of each company, if the deals belong to several companies.',
  ),
  by_currency: BY_CURRENCY,
};

const ROW = {
  keys: {
    type: 'object',
    additionalProperties: { type: ['string', 'null'] },
    description: 'The key of the group for each name in `group_by`; null if the deals have no value.',
  },
  ...GROUP,
  filter: FILTER_SCHEMA,
};

const EXAMPLE = {
  keys: { sales_stage: 'Prospecting', 'expected_closing.month': '2027-01' },
  count: 2,
  'sum.base_opportunity_amount': 9480,
  by_currency: [
    { currency: 'JPY', count: 1, sum: 800000 },
    { currency: 'USD', count: 1, sum: 5000 },
  ],
  filter: 'sales_stage=Prospecting&expected_closing[gte]=2027-01-01&expected_closing[lt]=2027-02-01',
};

@ApiSchema({ name: 'OpportunityAggregate', description: 'Groups of opportunities, and their measures.' })
export class AggregateAnswer {
  @ApiProperty({
    ...listOf(
      { required: ['keys', 'count', 'by_currency', 'filter'], properties: ROW, ...VALUES },
      'The groups of this page.',
    ),
    example: [EXAMPLE],
  })
  data: AggregateRow[];

  @ApiProperty({ type: Boolean, description: 'Whether more groups follow this page.', example: false })
  has_more: boolean;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Exact number of all groups.', example: 1 })
  total: number;

  @ApiProperty({
    type: 'object',
    required: ['count', 'by_currency'],
    properties: GROUP,
    ...VALUES,
    description: 'The same measures for all matching deals; each deal counts once.',
    example: { count: 2, 'sum.base_opportunity_amount': 9480, by_currency: EXAMPLE.by_currency },
  } as object)
  totals: Group;

  @ApiProperty(TIMEZONE_SCHEMA)
  timezone: string;

  @ApiProperty(AS_OF_SCHEMA)
  as_of: string;

  @ApiProperty(BASE_CURRENCY_SCHEMA)
  base_currency: string | null;
}

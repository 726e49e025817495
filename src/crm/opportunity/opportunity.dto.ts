import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ArrayNotEmpty, IsOptional, ValidateBy, ValidateNested } from 'class-validator';
import type { Relation } from 'typeorm';
import {
  CreateBody,
  EmbedsReferences,
  IfGiven,
  IsList,
  IsNotBlank,
  IsText,
  LONG_TEXT_LENGTH,
  ListQuery,
  ObjectQuery,
  PageOf,
  TEXT_LENGTH,
  UpdateBody,
  attributesOf,
  childAttribute,
  exampleId,
  filterParameters,
  flagFilter,
  type FilterOptions,
  FurtherChecks,
} from '../../common/index.js';
import { OpportunityItemEntry, OpportunityItemReplacement } from '../opportunity-item/opportunity-item.dto.js';
import { OpportunityItem } from '../opportunity-item/opportunity-item.entity.js';
import {
  OpportunityLostReasonDetailEntry,
  OpportunityLostReasonDetailReplacement,
} from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.dto.js';
import { OpportunityLostReasonDetail } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.entity.js';
import { Opportunity } from './opportunity.entity.js';
import { StagePeriod } from './opportunity.stages.dto.js';
import { SEARCHED } from './opportunity.search.js';

/** Children that a new deal may bring along. */
export const CHILDREN = ['items', 'lost_reasons'] as const;

/** Children whose attributes `fields` may name. */
export const CHILD_ENTITIES = { items: OpportunityItem, lost_reasons: OpportunityLostReasonDetail };

export const EXPANDABLE = [...CHILDREN, 'stages'] as const;

/** The opportunity without its relations, which bodies carry in forms of their own. */
const Attributes = Opportunity as Type<Omit<Opportunity, 'items' | 'lost_reasons' | 'pipeline' | 'stage'>>;

/** Refuses an attribute that has a place of its own elsewhere. */
const ChangedBy = (endpoint: string): PropertyDecorator =>
  ValidateBy({
    name: 'changedBy',
    validator: { validate: () => false, defaultMessage: () => `$property cannot be changed here; use ${endpoint}.` },
  });

@ApiSchema({
  name: 'Opportunity',
  description: 'A possible sale to a party, with the state and the value of the deal.',
})
@EmbedsReferences(Opportunity)
export class OpportunityView extends Opportunity {
  @ApiPropertyOptional({ type: [OpportunityItem], description: 'Its line items, with `expand=items`.' })
  override items?: Relation<OpportunityItem[]>;

  @ApiPropertyOptional({
    type: [OpportunityLostReasonDetail],
    description: 'Its lost reasons, with `expand=lost_reasons`.',
  })
  override lost_reasons?: Relation<OpportunityLostReasonDetail[]>;

  @ApiPropertyOptional({ type: [StagePeriod], description: 'Its stage history, with `expand=stages`.' })
  stages?: StagePeriod[];
}

@ApiSchema({
  name: 'OpportunityCreate',
  description: 'Attributes of a new opportunity, and its children: all or nothing.',
})
export class CreateOpportunity extends CreateBody(Attributes) {
  static override readonly example = {
    opportunity_from: 'Lead',
    party_name: 'Acme Industries',
    company: 'Example Corp',
    transaction_date: '2024-01-15',
    title: 'Office chairs for the new site',
    currency: 'USD',
    opportunity_amount: 12500.5,
    probability: 40,
    expected_closing: '2024-03-31',
    contact_email: 'robin@example.com',
  };

  @IfGiven()
  @IsList()
  @ValidateNested()
  @ApiPropertyOptional({ type: [OpportunityItemEntry], description: 'Line items, in order.' })
  items?: OpportunityItemEntry[];

  @IfGiven()
  @IsList()
  @ValidateNested()
  @ApiPropertyOptional({ type: [OpportunityLostReasonDetailEntry], description: 'Lost reasons, in order.' })
  lost_reasons?: OpportunityLostReasonDetailEntry[];
}

export class UpdateOpportunity extends UpdateBody(Attributes) {
  static override readonly example = { status: 'Quotation', probability: 60, sales_stage: 'Proposal' };

  @IfGiven()
  @ChangedBy('PUT /api/crm/opportunity/{id}/items')
  items?: never;

  @IfGiven()
  @ChangedBy('PUT /api/crm/opportunity/{id}/lost-reasons')
  lost_reasons?: never;
}

@FurtherChecks()
@ApiSchema({
  name: 'OpportunityPut',
  description: 'Attributes of an opportunity and its children. A new opportunity needs all that a POST needs.',
})
export class PutOpportunity extends UpdateBody(Attributes) {
  static override readonly example = {
    ...CreateOpportunity.example,
    items: [{ external_id: 'LINE-1', item_name: 'Office chair', qty: 12, rate: 89.95 }],
  };

  @IfGiven()
  @IsList()
  @ValidateNested()
  @ApiPropertyOptional({ type: [OpportunityItemReplacement], description: 'All line items, in order.' })
  items?: OpportunityItemReplacement[];

  @IfGiven()
  @IsList()
  @ValidateNested()
  @ApiPropertyOptional({ type: [OpportunityLostReasonDetailReplacement], description: 'All lost reasons, in order.' })
  lost_reasons?: OpportunityLostReasonDetailReplacement[];
}

export class ExternalIdPath {
  @IsText(TEXT_LENGTH)
  @IsNotBlank()
  @ApiProperty({
    type: String,
    description: '`external_id` of the opportunity, percent-encoded.',
    example: 'CRM-OPP-2024-00017',
  })
  external_id: string;
}

@FurtherChecks()
@ApiSchema({ name: 'OpportunityItemsReplace', description: 'All line items of the opportunity, in order.' })
export class ReplaceItems {
  static readonly example = {
    items: [
      { item_name: 'Office chair', qty: 12, rate: 89.95 },
      { item_name: 'Delivery', qty: 1, rate: 120 },
    ],
  };

  @IsList()
  @ValidateNested()
  @ApiProperty({
    type: [OpportunityItemReplacement],
    description: 'All line items. The service deletes line items that are not in the list.',
  })
  items: OpportunityItemReplacement[];
}

@FurtherChecks()
@ApiSchema({
  name: 'OpportunityLostReasonsReplace',
  description: 'All lost reasons of the opportunity, in order.',
})
export class ReplaceLostReasons {
  static readonly example = { lost_reasons: [{ lost_reason: 'Price' }, { lost_reason: 'Timing' }] };

  @IsList()
  @ValidateNested()
  @ApiProperty({
    type: [OpportunityLostReasonDetailReplacement],
    description: 'All lost reasons. The service deletes lost reasons that are not in the list.',
  })
  lost_reasons: OpportunityLostReasonDetailReplacement[];
}

@ApiSchema({ name: 'OpportunityLose', description: 'Why the deal was lost.' })
export class LoseOpportunity {
  static readonly example = { lost_reasons: [{ lost_reason: 'Price' }], order_lost_reason: 'The budget was cut.' };

  @IsList()
  @ArrayNotEmpty({ message: '$property must name at least one reason.' })
  @ValidateNested()
  @ApiProperty({ type: [OpportunityLostReasonDetailEntry], minItems: 1, description: 'The reasons, in order.' })
  lost_reasons: OpportunityLostReasonDetailEntry[];

  @IsOptional()
  @IsText(LONG_TEXT_LENGTH)
  @ApiPropertyOptional({
    type: String,
    maxLength: LONG_TEXT_LENGTH,
    nullable: true,
    description: 'The reason in detail.',
  })
  order_lost_reason?: string | null;
}

@ApiSchema({ name: 'OpportunityMove', description: 'The stage to move to, and the lost reasons if the deal is lost.' })
export class MoveOpportunity {
  static readonly example = { stage: exampleId('pipeline-stage') };

  @IsText(TEXT_LENGTH)
  @IsNotBlank()
  @ApiProperty({
    type: String,
    maxLength: TEXT_LENGTH,
    description: 'Key of a stage in the pipeline of the deal, or id of a stage of any pipeline.',
    example: 'Negotiation',
  })
  stage: string;

  @IfGiven()
  @IsList()
  @ValidateNested()
  @ApiPropertyOptional({
    type: [OpportunityLostReasonDetailEntry],
    description: 'The reasons, in order; required for a lost stage, refused for any other stage.',
  })
  lost_reasons?: OpportunityLostReasonDetailEntry[];

  @IsOptional()
  @IsText(LONG_TEXT_LENGTH)
  @ApiPropertyOptional({
    type: String,
    maxLength: LONG_TEXT_LENGTH,
    nullable: true,
    description: 'The reason in detail; only for a lost stage.',
  })
  order_lost_reason?: string | null;
}

export class OpportunityList extends PageOf(OpportunityView) {}

/** The reasons why a deal was lost, as an attribute of the deal. */
export const LOST_REASON = childAttribute('lost_reason', 'A reason why the deal was lost.', {
  table: 'opportunity_lost_reason_detail',
  column: 'lost_reason',
  parentKey: 'opportunity_id',
  parentTable: 'opportunity',
});

const ROTTEN = flagFilter('`true`: only rotten deals, whose `rotten_at` has passed; `false`: only all other deals.', {
  sql: (placeholder) => `coalesce(rotten_at <= now(), false) = ${placeholder}::boolean`,
  computed: ['rotten_at'],
});

/** The filters of the list, which reports take as well. */
export const OPPORTUNITY_FILTERS: FilterOptions = {
  searched: SEARCHED,
  childAttributes: [LOST_REASON],
  filters: { rotten: ROTTEN },
};

/** For the document: the parameters that reports take; the hundreds for single attributes stand at the list alone. */
export const REPORT_FILTER_PARAMETERS = Object.fromEntries(
  Object.entries(filterParameters(attributesOf(Opportunity), OPPORTUNITY_FILTERS)).filter(([name]) =>
    ['q', 'rotten', 'filter'].includes(name),
  ),
);

export class OpportunityListQuery extends ListQuery(Opportunity, {
  ...OPPORTUNITY_FILTERS,
  expandable: EXPANDABLE,
  children: CHILD_ENTITIES,
}) {}

export class OpportunityQuery extends ObjectQuery(Opportunity, EXPANDABLE, CHILD_ENTITIES) {}

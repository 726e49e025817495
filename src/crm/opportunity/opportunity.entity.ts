import { ApiSchema } from '@nestjs/swagger';
import { Column, Entity, Index, JoinColumn, ManyToOne, OneToMany, type Relation } from 'typeorm';
import {
  ComputedField,
  CurrencyField,
  DateField,
  type Decimal,
  EmailField,
  EnumField,
  ExternalIdField,
  IntField,
  LongTextField,
  MetadataField,
  MomentField,
  MoneyField,
  PercentField,
  RateField,
  ForeignIdField,
  Resource,
  TextField,
  TimestampField,
  UrlField,
} from '../../common/index.js';
import { OpportunityItem } from '../opportunity-item/opportunity-item.entity.js';
import { OpportunityLostReasonDetail } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.entity.js';
import { PipelineStage } from '../pipeline-stage/pipeline-stage.entity.js';
import type { ForecastCategory } from '../pipeline-stage/pipeline-stage.entity.js';
import { Pipeline } from '../pipeline/pipeline.entity.js';
import { FORECAST_CATEGORY, PIPELINE_NAME, ROTTEN_AT, WEIGHTED_AMOUNT } from './opportunity.computed.js';
import { PROBABILITY_SOURCES, type ProbabilitySource } from './opportunity.probability.js';
import { OPPORTUNITY_STATUSES, type OpportunityStatus } from './opportunity.status.js';

const CHANGED = 'When the object, or one of its line items or lost reasons, was last changed.';

/** A possible sale to a party. Attributes stand in the order in which the API shows them. */
@Entity('opportunity')
@Index('opportunity_newest', ['workspace_id', 'created_at', 'id'])
@Index('opportunity_status', ['workspace_id', 'status', 'created_at', 'id'])
@Index('opportunity_owner', ['workspace_id', 'opportunity_owner', 'created_at', 'id'])
@Index('opportunity_closing', ['workspace_id', 'expected_closing', 'id'])
@Index('opportunity_amount', ['workspace_id', 'opportunity_amount', 'id'])
@Index('opportunity_by_pipeline', ['workspace_id', 'pipeline_id', 'created_at', 'id'], {
  where: 'pipeline_id is not null',
})
@Index('opportunity_by_stage', ['workspace_id', 'stage_id', 'created_at', 'id'], { where: 'stage_id is not null' })
@Index('opportunity_external_id', ['workspace_id', 'external_id'], {
  unique: true,
  where: 'external_id is not null',
})
@Index('opportunity_metadata', { synchronize: false })
@Index('opportunity_search', { synchronize: false })
@Index('opportunity_owner_composed', { synchronize: false })
@ApiSchema({
  name: 'Opportunity',
  description: 'A possible sale to a party, with the state and the value of the deal.',
})
export class Opportunity extends Resource('opportunity', CHANGED) {
  @TextField({
    required: true,
    description: 'Kind of party; by convention Lead, Customer or Prospect.',
    example: 'Lead',
  })
  opportunity_from: string;

  @TextField({ required: true, description: 'Name of the party.', example: 'Acme Industries' })
  party_name: string;

  @TextField({ description: 'Name of the customer.', example: 'Acme Industries Ltd' })
  customer_name: string | null;

  @TextField({ description: 'Title of the deal.', example: 'Office chairs for the new site' })
  title: string | null;

  @TextField({ description: 'Kind of deal.', example: 'Sales' })
  opportunity_type: string | null;

  @EnumField({ values: OPPORTUNITY_STATUSES, default: 'Open', description: 'State of the deal.', example: 'Open' })
  status: OpportunityStatus;

  @LongTextField({ description: 'Why the deal was lost, in detail.', example: 'The budget was cut.' })
  order_lost_reason: string | null;

  @DateField({ description: 'Day on which the deal is expected to be closed.', example: '2024-03-31' })
  expected_closing: string | null;

  @CurrencyField({ description: 'Currency of the amounts, ISO 4217 in upper case.', example: 'USD' })
  currency: string | null;

  @MoneyField({
    default: 0,
    description: 'Value of the deal, in `currency`; not derived from the line items.',
    example: 12500.5,
  })
  opportunity_amount: Decimal;

  @TextField({ default: 'Prospecting', description: 'Stage of the sale.', example: 'Prospecting' })
  sales_stage: string;

  @PercentField({ default: 100, description: 'Probability of winning the deal, in percent.', example: 40 })
  probability: Decimal;

  @TextField({ description: 'Name of the address record of the customer.', example: 'Acme-Billing' })
  customer_address: string | null;

  @LongTextField({ description: 'The address as it is shown.', example: '12 Example Street, Springfield' })
  address_display: string | null;

  @TextField({ description: 'Sales territory.', example: 'North' })
  territory: string | null;

  @TextField({ description: 'Group of the customer.', example: 'Commercial' })
  customer_group: string | null;

  @TextField({ description: 'Name of the contact record.', example: 'CONT-0001' })
  contact_person: string | null;

  @LongTextField({ description: 'The contact as it is shown.', example: 'Robin Example, Purchasing' })
  contact_display: string | null;

  @EmailField({ description: 'E-mail address of the contact.', example: 'robin@example.com' })
  contact_email: string | null;

  @TextField({ description: 'Mobile number of the contact.', example: '+1 555 0100' })
  contact_mobile: string | null;

  @TextField({ required: true, description: 'Your company, which makes the deal.', example: 'Example Corp' })
  company: string;

  @DateField({ required: true, description: 'Day on which the opportunity was recorded.', example: '2024-01-15' })
  transaction_date: string;

  @IntField({ min: 0, description: 'Time to the first response, in seconds.', example: 5400 })
  first_response_time: number | null;

  @TextField({ description: 'Language of the party.', example: 'en' })
  language: string | null;

  @MoneyField({
    generated: 'conversion_rate * opportunity_amount',
    description: '`opportunity_amount` in the currency of the company.',
    example: 12500.5,
  })
  base_opportunity_amount: Decimal;

  @MoneyField({ default: 0, readOnly: true, description: 'Sum of `base_amount` of the line items.', example: 0 })
  base_total: Decimal;

  @MoneyField({ default: 0, readOnly: true, description: 'Sum of `amount` of the line items.', example: 0 })
  total: Decimal;

  @RateField({ default: 1, description: 'Units of the company currency for one unit of `currency`.', example: 1 })
  conversion_rate: Decimal;

  @TextField({ description: 'Size of the party, by convention `1-10` to `1000+`.', example: '11-50' })
  no_of_employees: string | null;

  @MoneyField({ description: 'Annual revenue of the party.', example: 2500000 })
  annual_revenue: Decimal | null;

  @TextField({ description: 'Industry of the party.', example: 'Manufacturing' })
  industry: string | null;

  @TextField({ description: 'Market segment of the party.', example: 'Middle Income' })
  market_segment: string | null;

  @TextField({ description: 'Person who works on the deal.', example: 'sam@example.com' })
  opportunity_owner: string | null;

  @UrlField({ description: 'Web site of the party.', example: 'https://example.com' })
  website: string | null;

  @TextField({ description: 'WhatsApp number.', example: '+1 555 0101' })
  whatsapp: string | null;

  @TextField({ description: 'Phone number.', example: '+1 555 0102' })
  phone: string | null;

  @TextField({ description: 'Extension of the phone number.', example: '12' })
  phone_ext: string | null;

  @TextField({ description: 'Job title of the contact.', example: 'Buyer' })
  job_title: string | null;

  @TextField({ description: 'City of the party.', example: 'Springfield' })
  city: string | null;

  @TextField({ description: 'State or region of the party.', example: 'Illinois' })
  state: string | null;

  @TextField({ description: 'Country of the party.', example: 'United States' })
  country: string | null;

  @TextField({ description: 'Where the lead came from.', example: 'newsletter' })
  utm_source: string | null;

  @TextField({ description: 'Campaign that brought the lead.', example: 'spring' })
  utm_campaign: string | null;

  @TextField({ description: 'Medium of the campaign.', example: 'email' })
  utm_medium: string | null;

  @TextField({ description: 'Content that brought the lead.', example: 'banner-2' })
  utm_content: string | null;

  @ExternalIdField({
    description: 'Id that another system gave the deal; unique in the workspace. Letter case counts.',
    example: 'CRM-OPP-2024-00017',
  })
  external_id: string | null;

  @MetadataField({
    description: 'Texts that you keep with the deal, by keys of your own.',
    example: { region: 'EMEA' },
  })
  metadata: Record<string, string>;

  @ForeignIdField('pipeline', {
    optIn: true,
    description:
      'Pipeline of the deal; null only while the workspace has none. A new deal without it enters the default pipeline.',
  })
  pipeline_id: string | null;

  @ForeignIdField('pipeline-stage', {
    optIn: true,
    readOnly: true,
    description: 'Stage that `sales_stage` names in the pipeline of the deal; null if it names none.',
  })
  stage_id: string | null;

  @TimestampField({ optIn: true, description: 'When the deal entered its stage, or was reopened in it.' })
  stage_entered_at: string;

  @EnumField({
    values: PROBABILITY_SOURCES,
    default: 'stage',
    optIn: true,
    description: '`stage` if `probability` follows the stage of the deal, `manual` if it was set by hand.',
    example: 'stage',
  })
  probability_source: ProbabilitySource;

  @MomentField({
    optIn: true,
    description: 'Before this time the deal is not rotten.',
    example: '2024-02-01T08:00:00.000Z',
  })
  snoozed_until: string | null;

  @MomentField({ optIn: true, readOnly: true, description: 'When the deal was won, while its status is Converted.' })
  won_at: string | null;

  @MomentField({ optIn: true, readOnly: true, description: 'When the deal was lost, while its status is Lost.' })
  lost_at: string | null;

  @MomentField({ optIn: true, readOnly: true, description: 'When the deal was closed, while its status is Closed.' })
  closed_at: string | null;

  @ComputedField(ROTTEN_AT)
  rotten_at?: string | null;

  @ComputedField(FORECAST_CATEGORY)
  forecast_category?: ForecastCategory | null;

  @ComputedField(WEIGHTED_AMOUNT)
  weighted_amount?: Decimal;

  @ComputedField(PIPELINE_NAME)
  pipeline_name?: string | null;

  /** The probability to come back when the deal is open again; null while `probability` is the deal's own. */
  @Column({ type: 'numeric', precision: 21, scale: 9, nullable: true, select: false })
  open_probability: Decimal | null;

  /** Is `won_at`, `lost_at` or `closed_at` only an estimate, of before the service kept it? */
  @Column({ type: 'boolean', default: false, select: false })
  ended_is_estimated: boolean;

  @ManyToOne(() => Pipeline)
  @JoinColumn([
    { name: 'workspace_id', referencedColumnName: 'workspace_id', foreignKeyConstraintName: 'opportunity_pipeline' },
    { name: 'pipeline_id', referencedColumnName: 'id', foreignKeyConstraintName: 'opportunity_pipeline' },
  ])
  pipeline?: Relation<Pipeline>;

  @ManyToOne(() => PipelineStage)
  @JoinColumn([
    { name: 'workspace_id', referencedColumnName: 'workspace_id', foreignKeyConstraintName: 'opportunity_stage' },
    { name: 'stage_id', referencedColumnName: 'id', foreignKeyConstraintName: 'opportunity_stage' },
  ])
  stage?: Relation<PipelineStage>;

  // Children change only through their own services: a parent saved with a shortened array must not delete any.
  @OneToMany(() => OpportunityItem, (item) => item.opportunity)
  items?: Relation<OpportunityItem[]>;

  @OneToMany(() => OpportunityLostReasonDetail, (reason) => reason.opportunity)
  lost_reasons?: Relation<OpportunityLostReasonDetail[]>;
}

import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, IsBoolean, IsObject, IsOptional } from 'class-validator';
import { Column, Entity } from 'typeorm';
import { EnumField, IfGiven, IntField, IsList, IsText, Resource, TextField } from '../common/index.js';
import type { StoredSecret } from './secrets.js';

const MOST_NAMES = 100;
const NAME_LENGTH = 140;

export const ORDERINGS = ['none', 'per_opportunity'] as const;

export const DISABLED_REASONS = ['manual', 'gone', 'failing', 'restored'] as const;

export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** Where the service sends events of a workspace. */
@Entity('webhook_endpoint')
@ApiSchema({ name: 'WebhookEndpoint', description: 'An address to which the service sends events.' })
export class WebhookEndpoint extends Resource('webhook-endpoint') {
  @TextField({
    required: true,
    maxLength: 2048,
    description: 'Address that gets the events: http or https, without user info and without a fragment.',
    example: 'https://example.com/hook',
  })
  url: string;

  @TextField({ maxLength: 500, description: 'Purpose of the endpoint.', example: 'Warehouse' })
  description: string | null;

  @Column({ type: 'text', array: true })
  @IsList('types')
  @ArrayNotEmpty({ message: '$property must name at least one type.' })
  @ArrayMaxSize(MOST_NAMES, { message: `$property must not have more than ${MOST_NAMES} names.` })
  @ArrayUnique({ message: '$property must name each type once.' })
  @IsText(NAME_LENGTH, { each: true })
  @ApiProperty({
    type: String,
    isArray: true,
    minItems: 1,
    maxItems: MOST_NAMES,
    uniqueItems: true,
    description: 'Types of events to send, as in the feed: exact names, `opportunity.*`, or `*`.',
    example: ['opportunity.*'],
  })
  enabled_events: string[];

  @Column({ type: 'jsonb', nullable: true })
  @IsOptional()
  @IsObject({ message: '$property must be an object.' })
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    description:
      'Filter parameters of the list of opportunities. The service sends an event of an opportunity only if the opportunity passes them when the event enters the feed.',
    example: { 'opportunity_amount[gte]': '1000' },
  })
  filter: Record<string, string> | null;

  @EnumField({
    values: ORDERINGS,
    default: 'none',
    description:
      '`per_opportunity`: an event waits until the previous event of its opportunity has arrived or is given up.',
    example: 'none',
  })
  ordering: (typeof ORDERINGS)[number];

  @Column({ type: 'boolean', default: false })
  @IfGiven()
  @IsBoolean({ message: '$property must be true or false.' })
  @ApiProperty({
    type: Boolean,
    default: false,
    description: 'Whether the body has `data`, the opportunity as a GET shows it at the time of the attempt.',
    example: false,
  })
  include_object: boolean;

  @Column({ type: 'jsonb', default: {} })
  @IfGiven()
  @IsObject({ message: '$property must be an object.' })
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    default: {},
    description: 'Up to 10 headers to send, with values of printable ASCII. Responses show the values.',
    example: {},
  })
  headers: Record<string, string>;

  @Column({ type: 'boolean', default: false })
  @IfGiven()
  @IsBoolean({ message: '$property must be true or false.' })
  @ApiProperty({
    type: Boolean,
    default: false,
    description: 'Whether the endpoint is turned off. The service skips events of this time.',
    example: false,
  })
  disabled: boolean;

  @Column({ type: 'varchar', length: 20, nullable: true })
  @ApiProperty({
    type: String,
    enum: DISABLED_REASONS,
    nullable: true,
    readOnly: true,
    description:
      'Why the endpoint is disabled: `manual` by a client, `gone` after a response 410, `failing` after five days of failures, `restored` in a restored database.',
    example: null,
  })
  disabled_reason: DisabledReason | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    readOnly: true,
    description: 'When the endpoint was disabled.',
  })
  disabled_at: string | null;

  @IntField({ default: 0, readOnly: true, description: 'Number of deliveries that were skipped.', example: 0 })
  missed_events: number;

  /** Newest first; old ones with the end of their time. */
  @Column({ type: 'jsonb', select: false })
  secrets: StoredSecret[];

  /** Since when every attempt has failed. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true, select: false, insert: false })
  failing_since: string | null;
}

import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ArrayNotEmpty, IsIn, IsOptional } from 'class-validator';
import {
  CreateBody,
  FurtherChecks,
  IfGiven,
  IsAtLeast,
  IsAtMost,
  IsInteger,
  IsList,
  IsText,
  IsTimestamp,
  ListQuery,
  ObjectQuery,
  OptionalBody,
  PageOf,
  UpdateBody,
} from '../common/index.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';

const DAY_S = 86_400;
const MOST_OVERLAP_S = 7 * DAY_S;

@ApiSchema({
  name: 'WebhookEndpointWithSecret',
  description: 'An endpoint with its secret, which is shown only this once.',
})
export class WebhookEndpointWithSecret extends WebhookEndpoint {
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'The key of the signatures. It is shown only once: a repeated request with the same `Idempotency-Key` gets null. If you lose it, rotate it.',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  })
  secret: string | null;
}

@FurtherChecks()
@ApiSchema({ name: 'WebhookEndpointCreate', description: 'Attributes of a new endpoint.' })
export class CreateWebhookEndpoint extends CreateBody(WebhookEndpoint) {
  static override readonly example = { url: 'https://example.com/hook', enabled_events: ['opportunity.*'] };
}

@FurtherChecks()
export class UpdateWebhookEndpoint extends UpdateBody(WebhookEndpoint) {
  static override readonly example = { description: 'Warehouse', enabled_events: ['opportunity.won'] };
}

@OptionalBody()
@ApiSchema({ name: 'WebhookSecretRotate', description: 'How to replace the secret of an endpoint.' })
export class RotateSecret {
  static readonly example = { expire_old_after_s: 3600 };
  static readonly defaultOverlap = DAY_S;

  @IfGiven()
  @IsInteger()
  @IsAtLeast(0)
  @IsAtMost(MOST_OVERLAP_S)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MOST_OVERLAP_S,
    default: DAY_S,
    description: 'Seconds during which the old secret signs, too; 0 ends all old secrets at once.',
  })
  expire_old_after_s?: number;
}

const ONLY = ['undelivered', 'all'] as const;

@FurtherChecks()
@ApiSchema({ name: 'WebhookReplay', description: 'Which events to send again.' })
export class ReplayEvents {
  // Works whenever it is tried: a time in the past would be too long ago one day.
  static readonly example = { since: '2099-12-31T00:00:00.000Z' };

  @IsTimestamp()
  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'Start of the period, at most 30 days ago.',
    example: '2024-01-15T09:30:00.000Z',
  })
  since: string;

  @IsOptional()
  @IsTimestamp()
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'End of the period, not included; now by default.',
  })
  until?: string | null;

  @IfGiven()
  @IsList('types')
  @ArrayNotEmpty({ message: '$property must name at least one type.' })
  @IsText(140, { each: true })
  @ApiPropertyOptional({
    type: String,
    isArray: true,
    minItems: 1,
    description: 'Types of events, among those of the endpoint; all of them by default.',
  })
  types?: string[];

  @IfGiven()
  @IsIn(ONLY, { message: `$property must be one of ${ONLY.join(', ')}.` })
  @ApiPropertyOptional({
    type: String,
    enum: ONLY,
    default: 'undelivered',
    description:
      '`undelivered`: events that were given up, skipped, or never sent to the endpoint. `all`: delivered events, too.',
  })
  only?: (typeof ONLY)[number];
}

@ApiSchema({ name: 'WebhookReplayed', description: 'The deliveries that are sent again.' })
export class Replayed {
  @ApiProperty({ type: 'integer', format: 'int32', description: 'Number of deliveries that are now due.', example: 12 })
  count: number;

  @ApiProperty({ type: Boolean, description: 'Whether further events are left for another call.', example: false })
  has_more: boolean;
}

export class WebhookEndpointList extends PageOf(WebhookEndpoint) {}

export class WebhookEndpointListQuery extends ListQuery(WebhookEndpoint) {}

export class WebhookEndpointQuery extends ObjectQuery(WebhookEndpoint) {}

import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { exampleId, IsText, PageOf, PartQuery } from '../common/index.js';
import { STATUSES, type DeliveryStatus } from './webhook-delivery.entity.js';

export const ATTEMPT_ERRORS = ['dns', 'connect', 'tls', 'timeout', 'status', 'blocked_address', 'redirect'] as const;

export type AttemptError = (typeof ATTEMPT_ERRORS)[number];

@ApiSchema({ name: 'WebhookAttempt', description: 'One request to an endpoint, and its outcome.' })
export class Attempt {
  @ApiProperty({ type: String, format: 'date-time', description: 'When the request started.' })
  attempted_at: string;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    nullable: true,
    description: 'The status of the response; null without a response.',
    example: 200,
  })
  status_code: number | null;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    description: 'Milliseconds until the headers of the response came, or until the failure.',
    example: 12,
  })
  duration_ms: number;

  @ApiProperty({
    type: String,
    enum: ATTEMPT_ERRORS,
    nullable: true,
    description: 'Why the request failed; null for a success.',
    example: null,
  })
  error: AttemptError | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The first 2 KiB of the response as text; null without a response.',
    example: 'ok',
  })
  response_body: string | null;
}

@ApiSchema({ name: 'WebhookDelivery', description: 'The delivery of one event to one endpoint.' })
export class DeliveryView {
  @ApiProperty({
    type: String,
    description: 'Unique identifier of the delivery.',
    example: exampleId('webhook-delivery'),
  })
  id: string;

  @ApiProperty({ type: String, format: 'date-time', description: 'When the delivery was made.' })
  created_at: string;

  @ApiProperty({ type: String, description: 'Id of the event.', example: `evt_${'0af3'.repeat(8)}_won` })
  event_id: string;

  @ApiProperty({ type: String, description: 'Type of the event.', example: 'opportunity.won' })
  type: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Id of the opportunity of the event; null if there is none.',
    example: exampleId('opportunity'),
  })
  opportunity_id: string | null;

  @ApiProperty({
    type: String,
    enum: STATUSES,
    description:
      '`pending`: no attempt since it became due. `exhausted`: given up after the last attempt. `skipped`: not sent.',
    example: 'delivered',
  })
  status: DeliveryStatus;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the next attempt starts; null if there is none.',
  })
  next_attempt_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the event arrived; null if it has not.',
  })
  delivered_at: string | null;

  @ApiProperty({ type: [Attempt], description: 'The attempts, oldest first, the last 20 of them.' })
  attempts: Attempt[];
}

export class DeliveryList extends PageOf(DeliveryView) {}

/** Which deliveries are wanted. */
export class DeliveryQuery extends PartQuery({ fallback: 20 }) {
  @IsOptional()
  @IsIn(STATUSES, { message: `$property must be one of ${STATUSES.join(', ')}.` })
  @ApiPropertyOptional({ type: String, enum: STATUSES, description: 'Only deliveries with this status.' })
  status?: DeliveryStatus;

  @IsOptional()
  @IsText(140)
  @ApiPropertyOptional({ type: String, description: 'Only deliveries of events of this type.' })
  type?: string;

  @IsOptional()
  @IsText(80)
  @ApiPropertyOptional({ type: String, description: 'Only the delivery of this event.' })
  event_id?: string;
}

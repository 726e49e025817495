import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { PageOf } from '../common/list/page.js';
import { DEFAULT_LIMIT, PartQuery } from '../common/list/page.query.js';

const EXAMPLE_ULID = '01jhqz3v5xk8m2n4p6r8t0v2w4';

/** Which part of a history is wanted. */
export class HistoryQuery extends PartQuery({ fallback: DEFAULT_LIMIT }) {}

const ATTRIBUTES = { type: 'object', additionalProperties: true, nullable: true } as const;

/** An event as the API shows it. */
@ApiSchema({ name: 'HistoryEvent', description: 'One change of one object: what changed, who changed it and when.' })
export class EventView {
  @ApiProperty({ type: String, description: 'Unique identifier of the event.', example: `evt_${'0af3'.repeat(8)}` })
  id: string;

  @ApiProperty({
    type: String,
    description:
      'Resource and kind of change: `created`, `updated`, `deleted`, `reordered` or `erased`; for a key `created`, `rotated` or `revoked`.',
    example: 'opportunity.updated',
  })
  type: string;

  @ApiProperty({
    type: String,
    description: 'Id of the changed object, or of the parent when its children were reordered.',
    example: `opportunity_${EXAMPLE_ULID}`,
  })
  object_id: string;

  @ApiProperty({ type: String, description: 'Id of the API key that was used.', example: `api-key_${EXAMPLE_ULID}` })
  key_id: string;

  @ApiProperty({ type: String, description: 'The `Request-Id` of the response to the request.', example: 'req_1a2b3c' })
  request_id: string;

  @ApiProperty({
    ...ATTRIBUTES,
    description:
      'The changed attributes before the change. For a deleted object: all attributes that had a value, children included. Null for a new object, and after an erasure.',
    example: { status: 'Open' },
  })
  before: Record<string, unknown> | null;

  @ApiProperty({
    ...ATTRIBUTES,
    description:
      'The same attributes after the change. For a new object: the attributes that it was given. Null for a deleted object, and after an erasure.',
    example: { status: 'Quotation' },
  })
  after: Record<string, unknown> | null;

  @ApiProperty({ type: String, format: 'date-time', description: 'When it happened.' })
  created_at: string;
}

export class EventList extends PageOf(EventView) {}

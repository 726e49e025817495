import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { CommittedEvent } from '../common/events/committed-event.js';
import { exampleId } from '../common/ids/example-id.js';
import { PageOf } from '../common/list/page.js';
import { DEFAULT_LIMIT, PartQuery } from '../common/list/page.query.js';

/** Which part of a history is wanted. */
export class HistoryQuery extends PartQuery({ fallback: DEFAULT_LIMIT }) {}

const ATTRIBUTES = { type: 'object', additionalProperties: true, nullable: true } as const;

/** An event as the API shows it. */
@ApiSchema({ name: 'ChangeEvent', description: 'One change of one object: what changed, who changed it and when.' })
export class EventView implements CommittedEvent {
  @ApiProperty({ type: String, description: 'Unique identifier of the event.', example: `evt_${'0af3'.repeat(8)}` })
  id: string;

  @ApiProperty({
    type: String,
    description:
      'Resource and kind of change: `created`, `updated`, `deleted`, `reordered` or `erased`; for a key `created`, `rotated` or `revoked`.',
    example: 'opportunity.updated',
  })
  type: string;

  @ApiProperty({ type: String, format: 'date-time', description: 'When it happened.' })
  created_at: string;

  @ApiProperty({ type: String, description: 'Name of the workspace.', example: 'default' })
  workspace: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Id of the changed opportunity, or of the opportunity of the changed object; null if there is none.',
    example: exampleId('opportunity'),
  })
  opportunity_id: string | null;

  @ApiProperty({
    type: String,
    description: 'Id of the changed object, or of the parent when its children were reordered.',
    example: exampleId('opportunity'),
  })
  object_id: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description:
      'The number in the ETag of the opportunity after the change. For a deletion it is one more than the last. Null for keys, and for events of older versions of the service.',
    example: 7,
  })
  version: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'Id of the source of a derived event, such as the `opportunity.updated` of an `opportunity.won`; otherwise null.',
    example: null,
  })
  derived_from: string | null;

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
      'The same attributes after the change. For a new object: all attributes that have a value. Null for a deleted object, and after an erasure.',
    example: { status: 'Quotation' },
  })
  after: Record<string, unknown> | null;

  @ApiProperty({
    type: Boolean,
    description:
      'Whether `before` and `after` were left out because the event is larger than 256 KiB. Always false in a history.',
    example: false,
  })
  truncated: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The `Request-Id` of the response to the request; null for a change that the service made itself.',
    example: 'req_1a2b3c',
  })
  request_id: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Id of the API key that was used; null for a change that the service made itself.',
    example: exampleId('api-key'),
  })
  key_id: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Id of the import that made the change; null for any other change.',
    example: null,
  })
  import_id: string | null;
}

export class EventList extends PageOf(EventView) {}

import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { ParameterErrors } from '../common/errors/parameter-errors.js';
import { exampleId } from '../common/ids/example-id.js';
import { listedValues } from '../common/list/listed-values.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../common/list/page.query.js';
import { ParameterReader, type RawQuery } from '../common/list/parameter-reader.js';
import { EventView } from '../history/history.dto.js';
import { BEGINNING, isCursor, NO_CURSOR } from './cursor.js';
import { wantedTypes } from './event-types.js';
import type { FeedRequest } from './feed.service.js';

export const MOST_WAIT_S = 25;

@ApiSchema({ name: 'EventPage', description: 'Events in the order of their commits, oldest first.' })
export class EventFeedView {
  @ApiProperty({ type: [EventView], description: 'The events.' })
  data: EventView[];

  @ApiProperty({
    type: String,
    description: 'The cursor for the next call, as `after`. It is always present, and also valid with other filters.',
    example: 'BQZk1Xq3mB0AAAAAAAcB8g',
  })
  next: string;

  @ApiProperty({ type: Boolean, description: 'Whether another call has more events to read now.', example: false })
  has_more: boolean;
}

/** What the feed is asked for. */
export class FeedQuery {
  @ApiPropertyOptional({
    type: String,
    description:
      'The `next` of an earlier response, the `id` of an event in a stream, or `beginning` for the oldest events that are kept. Without it, the feed begins now.',
  })
  after?: string;

  @ApiPropertyOptional({
    type: String,
    default: '*',
    description:
      'Types of events, separated by commas. `opportunity.*` means every type with this beginning, `*` means every type.',
    example: 'opportunity.won,opportunity_item.*',
  })
  types?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'Only events of this opportunity and its children. It may have been deleted.',
    example: exampleId('opportunity'),
  })
  opportunity_id?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    description: 'Maximum number of events to return. A stream has no limit.',
  })
  limit?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MOST_WAIT_S,
    default: 0,
    description: 'Seconds to wait for an event if there is none. It has no effect on a stream.',
  })
  wait?: number;

  static read(raw: RawQuery): { value: FeedRequest; errors: ParameterErrors } {
    const reader = new ParameterReader(raw);
    const text = (name: string): string | undefined => reader.take(name, (given) => ({ given }))?.given;
    const types = reader.takeList('types', (names) => {
      const listed = listedValues(names);
      return typeof listed === 'string' ? listed : wantedTypes(listed);
    });
    const value = {
      after: reader.take('after', readAfter)?.given,
      types: types?.wanted,
      opportunityId: text('opportunity_id'),
      limit: reader.integer('limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT,
      waitMs: (reader.integer('wait', 0, MOST_WAIT_S) ?? 0) * 1000,
    };
    reader.refuseRest();
    return { value, errors: reader.errors };
  }
}

function readAfter(given: string): { given: string } | string {
  return given === BEGINNING || isCursor(given) ? { given } : NO_CURSOR;
}

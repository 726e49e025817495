import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { failures, RATE_LIMIT, REQUEST_ID } from '../common/docs/failures.js';
import { schemaRef } from '../common/fields/property-metadata.js';
import { EventView } from '../history/history.dto.js';
import { EventFeedView } from './feed.dto.js';

const LISTED = `Every change of the workspace, oldest first, each exactly once and in the order of the commits. Send \`next\` of one call as \`after\` of
the next call. With \`wait\`, a call that finds nothing waits for an event. With \`Accept: text/event-stream\` the response is a stream of
server-sent events; the \`id\` of each is the cursor after it.`;

const STREAM_EXAMPLE = ': ok\n\nid: BQZk1Xq3mB0AAAAAAAcB8g\ndata: {"id":"evt_0af3…",…}\n\n';

const HEADERS = { ...REQUEST_ID, ...RATE_LIMIT };

/** 200 with a page of the feed, or a stream. */
export function ApiFeed(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(EventFeedView),
    ApiOperation({ operationId: 'listEvents', summary: 'Follow the events', description: LISTED }),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'Where a stream goes on; it takes precedence over `after`.',
      schema: { type: 'string' },
    }),
    ApiResponse({
      status: 200,
      description: 'Events, and the cursor behind them.',
      headers: HEADERS,
      content: {
        'application/json': { schema: schemaRef(EventFeedView) },
        'text/event-stream': { schema: { type: 'string' }, example: STREAM_EXAMPLE },
      },
    }),
    ...failures(410),
  );
}

/** 200 with one event. */
export function ApiFeedEvent(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'retrieveEvent',
      summary: 'Retrieve an event',
      description: 'Takes the id of an event or of a derived event, as long as the service keeps it.',
    }),
    ApiParam({ name: 'id', description: 'Id of the event.', schema: { type: 'string' } }),
    ApiResponse({ status: 200, description: 'The event.', type: EventView, headers: HEADERS }),
    ...failures(404),
  );
}

import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { failures, RATE_LIMIT, REPLAYED, REQUEST_ID } from '../common/docs/failures.js';
import { inheritSchema } from '../common/docs/property-metadata.js';
import { exampleId } from '../common/index.js';

/** What an operation beside those of every resource answers. */
interface Operation {
  id: string;
  summary: string;
  description: string;
  status: 200 | 202;
  answer: Type;
  body?: Type & { example: object };
  /** Is it about one delivery? */
  isOfDelivery?: true;
  /** Is it a POST that is safe to repeat? */
  takesKey?: true;
}

const ENDPOINT_ID = ApiParam({
  name: 'id',
  description: 'Id of the endpoint.',
  schema: { type: 'string' },
  example: exampleId('webhook-endpoint'),
});

const DELIVERY_ID = ApiParam({
  name: 'delivery_id',
  description: 'Id of the delivery.',
  schema: { type: 'string' },
  example: exampleId('webhook-delivery'),
});

const IDEMPOTENCY_KEY = ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description:
    'A text of your own, new for every new request. For 24 hours, a request with the same key gets the first response again.',
  schema: { type: 'string', maxLength: 257 },
});

/** One operation on an endpoint or its deliveries. */
export function ApiWebhookOperation(operation: Operation): MethodDecorator {
  const { id, summary, description, status, answer, body, isOfDelivery, takesKey } = operation;
  inheritSchema(answer);
  const headers = { ...REQUEST_ID, ...RATE_LIMIT, ...(takesKey && REPLAYED) };
  const examples = body && { example: { summary: 'Works as it stands', value: body.example } };
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ operationId: id, summary, description }),
    ENDPOINT_ID,
    ...(isOfDelivery ? [DELIVERY_ID] : []),
    ...(takesKey ? [IDEMPOTENCY_KEY] : []),
    ...(body && examples ? [ApiBody({ type: body, required: true, examples })] : []),
    ApiResponse({
      status,
      description: status === 200 ? 'The result.' : 'It is due.',
      type: answer,
      headers,
    }),
    ...failures(404, 409, 413, 415),
  );
}

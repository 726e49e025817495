import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { failures, REPLAYED } from '../common/docs/failures.js';
import {
  BODY_FAILURES,
  idempotencyKey,
  idParam,
  jsonBody,
  operation,
  success,
} from '../common/docs/operation-parts.js';
import { exampleId } from '../common/index.js';

/** What an operation beside those of every resource answers. */
interface Operation {
  id: string;
  summary: string;
  description: string;
  status: 200 | 202;
  answer: Type;
  /** Is it about one delivery? */
  isOfDelivery?: true;
  /** Is it a POST that is safe to repeat? */
  takesKey?: true;
}

/** An operation on a webhook endpoint. */
export function ApiWebhookOperation(wanted: Operation): MethodDecorator {
  const { id, summary, description, status, answer, isOfDelivery, takesKey } = wanted;
  return applyDecorators(
    HttpCode(status),
    operation(id, summary, description),
    idParam('Id of the endpoint.', 'id', exampleId('webhook-endpoint')),
    ...(isOfDelivery ? [idParam('Id of the delivery.', 'delivery_id', exampleId('webhook-delivery'))] : []),
    ...(takesKey ? [idempotencyKey()] : []),
    jsonBody(),
    success(status, status === 200 ? 'The response.' : 'The request was accepted.', answer, takesKey && REPLAYED),
    ...failures(404, ...BODY_FAILURES),
  );
}

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

interface Parts {
  /** Is it about one delivery? */
  isOfDelivery?: true;
  /** Is it a POST that is safe to repeat, whose work goes on after the response? */
  takesKey?: true;
}

/** An operation on a webhook endpoint, beside those of every resource. */
export function ApiWebhookOperation(
  id: string,
  summary: string,
  description: string,
  answer: Type,
  { isOfDelivery, takesKey }: Parts = {},
): MethodDecorator {
  const status = takesKey ? 202 : 200;
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

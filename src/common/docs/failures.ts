import { ApiResponse, getSchemaPath, type ApiResponseOptions } from '@nestjs/swagger';
import { ErrorBody } from '../errors/error-body.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;

const header = (name: string, description: string, type: 'string' | 'integer' = 'string'): Headers => ({
  [name]: { description, schema: { type } },
});

export const REQUEST_ID = header('Request-Id', 'Id of the request, for support; the log has the same.');
export const ETAG = header('ETag', 'Version of the object, for `If-Match` and `If-None-Match`.');
export const LOCATION = header('Location', 'Path of the new object.');
export const LINK = header('Link', 'The next and the previous page, RFC 8288.');
export const REPLAYED = header(
  'Idempotent-Replayed',
  '`true` when this is the answer to an earlier request with the same key.',
);

const FAILURES: Record<number, { description: string; headers?: Headers }> = {
  400: { description: 'A parameter, or the body as a whole, is not valid. `errors` lists every failing parameter.' },
  401: {
    description: 'No API key, or one that is not valid.',
    headers: header('WWW-Authenticate', 'RFC 6750 challenge.'),
  },
  403: {
    description: 'The API key lacks the scope.',
    headers: header('WWW-Authenticate', 'RFC 6750 challenge, with the scope.'),
  },
  404: { description: 'There is no such object in the workspace of the key.' },
  409: {
    description: 'The request conflicts with the state of the object or with another request; nothing was written.',
  },
  412: { description: '`If-Match` names another version than the current one; nothing was written.', headers: ETAG },
  413: { description: 'The body is larger than the limit.' },
  415: { description: 'The body is not `application/json`.' },
  500: { description: 'The service failed. Quote the request id when you report it.' },
  503: {
    description: 'The database cannot be reached or is overloaded.',
    headers: header('Retry-After', 'Seconds to wait before trying again.', 'integer'),
  },
};

/** Can come with any operation. */
const ALWAYS = [400, 401, 403, 500, 503];

/** The failures of an operation, for the document: those named and those that can always come. */
export function failures(...statuses: number[]): MethodDecorator[] {
  return [...new Set([...statuses, ...ALWAYS])].sort((a, b) => a - b).map(failure);
}

function failure(status: number): MethodDecorator {
  const { description, headers } = FAILURES[status] ?? { description: '' };
  return ApiResponse({
    status,
    description,
    headers: { ...REQUEST_ID, ...headers },
    content: { 'application/json': { schema: { $ref: getSchemaPath(ErrorBody) } } },
  });
}

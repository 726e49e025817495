import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { errorBody, ErrorBody } from '../errors/error-body.js';
import { schemaRef } from './property-metadata.js';
import type { ErrorCode } from '../errors/error-codes.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;

const header = (name: string, description: string, type: 'string' | 'integer' = 'string'): Headers => ({
  [name]: { description, schema: { type } },
});

export const REQUEST_ID = header('Request-Id', 'Id of the request, for support; the log has the same.');
export const ETAG = header('ETag', 'Version of the object, for `If-Match` and `If-None-Match`.');
export const LOCATION = header('Location', 'Path of the new object.');
export const LINK = header('Link', 'The next and the previous page, RFC 8288.');
export const PREFERENCE_APPLIED = header('Preference-Applied', '`stale-ok` when a replica has answered.');
export const REPLAYED = header(
  'Idempotent-Replayed',
  '`true` when this is the answer to an earlier request with the same key.',
);

/** On every answer to a valid key, unless there is no limit: draft-ietf-httpapi-ratelimit-headers. */
export const RATE_LIMIT = {
  ...header(
    'RateLimit-Policy',
    'The limit that is nearer, `"default"` for that of the key or `"workspace"`: requests (`q`) in a window of seconds (`w`).',
  ),
  ...header('RateLimit', 'How many requests are left (`r`), and in how many seconds the window ends (`t`).'),
};

/** What a failure means, and the code and message of an example of it. */
interface Failure {
  code: ErrorCode;
  example: string;
  description: string;
  headers?: Headers;
}

const FAILURES = {
  400: {
    code: 'parameter_invalid',
    example: 'probability must not be greater than 100.',
    description: 'A parameter, or the body as a whole, is not valid. `errors` lists every failing parameter.',
  },
  401: {
    code: 'authentication_required',
    example: 'The API key is not valid.',
    description: 'No API key, or one that is not valid.',
    headers: header('WWW-Authenticate', 'RFC 6750 challenge.'),
  },
  403: {
    code: 'scope_insufficient',
    example: "This operation needs a key with the scope 'write'.",
    description: 'The API key lacks the scope.',
    headers: header('WWW-Authenticate', 'RFC 6750 challenge, with the scope.'),
  },
  404: {
    code: 'resource_missing',
    example: "No such opportunity: 'opportunity_abc123'.",
    description: 'There is no such object in the workspace of the key.',
  },
  409: {
    code: 'conflict',
    example: 'Another request changed the same data at the same time. Nothing was written; try again.',
    description: 'The request conflicts with the state of the object or with another request; nothing was written.',
  },
  412: {
    code: 'precondition_failed',
    example: 'The object has changed since: If-Match names another version. Read it again before you change it.',
    description: '`If-Match` or `If-None-Match` does not allow the current version; nothing was written.',
    headers: ETAG,
  },
  413: {
    code: 'body_too_large',
    example: 'Request body is too large.',
    description: 'The body is larger than the limit.',
  },
  415: {
    code: 'media_type_unsupported',
    example: 'The body must be application/json, not text/plain.',
    description: 'The body is not JSON in UTF-8, or is compressed in a way that the service does not know.',
    headers: header('Accept-Encoding', 'How a body may be compressed, if that was the reason.'),
  },
  429: {
    code: 'rate_limit',
    example: 'The key may make 100000 requests in 60 seconds. Try again in 7 seconds.',
    description:
      'The key or its workspace made too many requests, or the address sent too many keys that are not valid.',
    headers: { ...RATE_LIMIT, ...header('Retry-After', 'Seconds to wait before trying again.', 'integer') },
  },
  500: {
    code: 'internal_error',
    example: 'The service failed. Nothing was written.',
    description: 'The service failed. Quote the request id when you report it.',
  },
  503: {
    code: 'service_unavailable',
    example: 'The database cannot be reached or is overloaded. Nothing is known to have been written; try again.',
    description: 'The database cannot be reached or is overloaded.',
    headers: header('Retry-After', 'Seconds to wait before trying again.', 'integer'),
  },
} satisfies Record<number, Failure>;

/** A status that is documented as a failure. */
export type FailureStatus = keyof typeof FAILURES;

/** Can come with any operation. */
const ALWAYS: readonly FailureStatus[] = [400, 401, 403, 429, 500, 503];

/** The failures of an operation, for the document: those named and those that can always come. */
export function failures(...statuses: readonly FailureStatus[]): MethodDecorator[] {
  return [...new Set([...statuses, ...ALWAYS])].sort((a, b) => a - b).map(failure);
}

/** One failure, for the document. */
export function failure(status: FailureStatus): MethodDecorator {
  const { code, example, description, headers }: Failure = FAILURES[status];
  const schema = schemaRef(ErrorBody);
  return ApiResponse({
    status,
    description,
    headers: { ...REQUEST_ID, ...headers },
    content: { 'application/json': { schema, example: exampleBody(status, code, example) } },
  });
}

function exampleBody(status: number, code: ErrorCode, message: string): ErrorBody {
  const named =
    code === 'parameter_invalid' ? { param: 'probability', errors: [{ param: 'probability', code, message }] } : {};
  return errorBody(status, { code, message, ...named }, 'req_01jhqz3v5xk8m2n4p6r8t0v2w4');
}

import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { errorBody, ErrorBody } from '../errors/error-body.js';
import { schemaRef } from '../fields/property-metadata.js';
import { exampleId } from '../ids/example-id.js';
import type { ErrorCode } from '../errors/error-codes.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;

const header = (name: string, description: string, type: 'string' | 'integer' = 'string'): Headers => ({
  [name]: { description, schema: { type } },
});

export const REQUEST_ID = header('Request-Id', 'Id of the request, as in the log of the service.');
export const ETAG = header('ETag', 'Version of the object, for `If-Match` and `If-None-Match`.');
export const LOCATION = header('Location', 'Path of the new object.');
export const LINK = header('Link', 'The next and the previous page, RFC 8288.');
export const PREFERENCE_APPLIED = header('Preference-Applied', '`stale-ok` if a replica has served the request.');
export const REPLAYED = header(
  'Idempotent-Replayed',
  '`true` if this is the response to an earlier request with the same key.',
);

/** On every answer to a valid key, unless there is no limit: draft-ietf-httpapi-ratelimit-headers. */
export const RATE_LIMIT = {
  ...header(
    'RateLimit-Policy',
    'The nearer of two limits, of the key (`"default"`) or of the workspace (`"workspace"`): `q` requests in `w` seconds.',
  ),
  ...header('RateLimit', 'Requests that are left (`r`), and seconds until the window ends (`t`).'),
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
    description: 'A parameter or the body is not valid. `errors` lists the failing parameters.',
  },
  401: {
    code: 'authentication_required',
    example: 'The API key is not valid.',
    description: 'The API key is missing or not valid.',
    headers: header('WWW-Authenticate', 'RFC 6750 challenge.'),
  },
  403: {
    code: 'scope_insufficient',
    example: "This operation needs a key with the scope 'write'.",
    description: 'The API key lacks the scope, or may not do this.',
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
  410: {
    code: 'cursor_expired',
    example: 'The events behind the cursor were removed, as they are older than EVENT_RETENTION_DAYS.',
    description: 'The cursor is no longer valid. `oldest` is a cursor from which to continue.',
  },
  412: {
    code: 'precondition_failed',
    example: 'The object has changed: If-Match names another version. Read the object again before you change it.',
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
    description: 'The body is not JSON in UTF-8, or its compression is not supported.',
    headers: header('Accept-Encoding', 'The supported compressions, if the compression is the reason.'),
  },
  429: {
    code: 'rate_limit',
    example: 'The key may make 100000 requests in 60 seconds. Try again in 7 seconds.',
    description: 'The key or its workspace made too many requests, or the address sent too many invalid keys.',
    headers: { ...RATE_LIMIT, ...header('Retry-After', 'Seconds to wait before trying again.', 'integer') },
  },
  500: {
    code: 'internal_error',
    example: 'The service failed. Nothing was written.',
    description: 'The service failed. Quote the request id when you report it.',
  },
  503: {
    code: 'service_unavailable',
    example:
      'The database cannot be reached or is overloaded. Try again; after a write, check first whether it was done.',
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
  return errorBody(status, { code, message, ...named }, exampleId('req'));
}

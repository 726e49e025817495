import type { components } from './schema.js';

type ErrorDetail = components['schemas']['ErrorDetail'];
export type ErrorCode = ErrorDetail['code'];

/** Everything that the client throws by itself. */
export class CrmError extends Error {
  override readonly name: string = 'CrmError';
}

/** No response arrived: the service cannot be reached, the connection broke, or the time was over. */
export class CrmConnectionError extends CrmError {
  override readonly name = 'CrmConnectionError';
}

/** The service refused the request, or failed. `code` is stable; `message` is for people. */
export class CrmApiError extends CrmError {
  override readonly name: string = 'CrmApiError';
  readonly type: ErrorDetail['type'];
  readonly code: ErrorCode;
  /** The parameter at fault, the first of `errors`. */
  readonly param: string | undefined;
  readonly errors: NonNullable<ErrorDetail['errors']>;
  readonly requestId: string | undefined;

  constructor(
    readonly status: number,
    readonly headers: Headers,
    detail: Partial<ErrorDetail> & Pick<ErrorDetail, 'type'>,
  ) {
    super(detail.message ?? `The service responded with ${status}.`);
    this.type = detail.type;
    this.code = detail.code ?? (status >= 500 ? 'internal_error' : 'request_malformed');
    this.param = detail.param;
    this.errors = detail.errors ?? [];
    this.requestId = detail.request_id ?? headers.get('request-id') ?? undefined;
  }
}

export class CrmInvalidRequestError extends CrmApiError {
  override readonly name = 'CrmInvalidRequestError';
}
export class CrmIdempotencyError extends CrmApiError {
  override readonly name = 'CrmIdempotencyError';
}
export class CrmAuthenticationError extends CrmApiError {
  override readonly name = 'CrmAuthenticationError';
}
export class CrmPermissionError extends CrmApiError {
  override readonly name = 'CrmPermissionError';
}
export class CrmRateLimitError extends CrmApiError {
  override readonly name = 'CrmRateLimitError';
}
export class CrmServerError extends CrmApiError {
  override readonly name = 'CrmServerError';
}

const CLASS_OF_TYPE: Readonly<Record<string, typeof CrmApiError>> = {
  invalid_request_error: CrmInvalidRequestError,
  idempotency_error: CrmIdempotencyError,
  authentication_error: CrmAuthenticationError,
  permission_error: CrmPermissionError,
  rate_limit_error: CrmRateLimitError,
  api_error: CrmServerError,
} satisfies Record<ErrorDetail['type'], typeof CrmApiError>;

/** The error of a response. A proxy may have made it, so the body is not always the service's. */
export function apiError({ status, headers }: Response, body: unknown): CrmApiError {
  const detail = (body as { error?: Partial<ErrorDetail> } | undefined)?.error ?? {};
  const type = detail.type ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  return new (CLASS_OF_TYPE[type] ?? CrmApiError)(status, headers, { ...detail, type });
}

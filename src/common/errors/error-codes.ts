/** Every `error.code` the API answers, with what it means. Codes are stable: clients may branch on them. */
export const ERROR_CODES = {
  parameter_missing: 'A required parameter is absent.',
  parameter_invalid: 'A parameter has a value that is not allowed.',
  parameter_unknown: 'The operation does not know this parameter.',
  parameter_read_only: 'A read-only attribute was sent with `Prefer: handling=strict`.',
  parameter_not_unique: 'The parameter must be unique, and another object already has this value.',
  external_id_taken: 'Another object has this `external_id`; `message` has its id.',
  amount_out_of_range: 'An amount computed from the parameters is beyond the range of money.',
  children_limit_reached: 'The opportunity already has the maximum number of children of this kind.',
  keys_limit_reached: 'The workspace already has the maximum number of working keys.',
  endpoints_limit_reached: 'The workspace already has the maximum number of webhook endpoints.',
  rows_limit_reached: 'A batch would write more rows than one request may write.',
  answer_too_large: 'The response would be larger than the limit.',
  query_too_costly:
    'The list or report takes too long to compute, or the request changes too many objects to finish in time.',
  json_invalid: 'The body cannot be decompressed, is not valid JSON, is nested too deeply, or has too many parts.',
  request_malformed: 'The request is not valid HTTP, or its URL cannot be decoded.',
  authentication_required: 'The API key is missing, wrong, expired or revoked.',
  scope_insufficient: 'The API key lacks the scope that the operation needs.',
  key_exceeds_caller: 'The key to rotate lasts longer, or has a higher rate limit, than the key of the request.',
  resource_missing: 'The workspace has no such object.',
  resource_referenced: 'The object cannot be deleted because other objects refer to it.',
  route_missing: 'The path does not exist.',
  method_not_allowed: 'The path does not take this method; `Allow` lists the methods that it takes.',
  last_admin_key: 'This key cannot be revoked: no other key with the scope `admin` lasts as long.',
  key_already_rotated: 'The key was rotated before; `message` names its successor.',
  secrets_limit_reached: 'Two old secrets of the webhook endpoint are still in use.',
  endpoint_disabled: 'The webhook endpoint is disabled, so nothing can be sent to it again.',
  last_lost_reason: 'With `REQUIRE_LOST_REASON`, the only reason of an opportunity that is Lost cannot be deleted.',
  cursor_expired: 'The events after the cursor were removed; `oldest` is a cursor from which to continue.',
  log_changed: 'The cursor belongs to another log of events; `oldest` is a cursor from which to continue.',
  stage_in_use: 'The stage or pipeline to delete has deals; `count` is their number, and `move_to` moves them first.',
  default_pipeline: 'The default pipeline cannot be deleted while the workspace has other pipelines.',
  conflict: 'Another request changed the same data at the same time; it is safe to try again.',
  precondition_failed: '`If-Match` or `If-None-Match` does not allow the current version.',
  status_transition_invalid: 'The action is not possible from the current status.',
  idempotency_key_in_use: 'A request with the same `Idempotency-Key` is still running.',
  idempotency_answer_erased: 'The response to the first request with this `Idempotency-Key` has been erased.',
  idempotency_error: 'The `Idempotency-Key` was used before, with another path or body.',
  imports_limit_reached: 'The workspace already has the maximum number of imports that have not ended.',
  import_status_invalid: 'The call does not fit the status of the import.',
  import_expired: 'The import ended so long ago that its file and its rows were removed.',
  file_empty: 'The file of an import is empty.',
  encoding_invalid: 'The file of an import is not UTF-8.',
  csv_invalid: 'The file of an import has a quote that is never closed, or text after a closing quote.',
  header_invalid:
    'The header of the file names an attribute twice, has a name of more than 500 characters, or is not the header of a file that can be imported.',
  date_ambiguous: 'The dates of a column can be read in two ways.',
  row_invalid: 'A line of the file does not have the form of a deal.',
  duplicate_in_file: 'A row of the file has the key of an earlier row.',
  body_too_large: 'The body is larger than the limit.',
  media_type_unsupported: 'The body is not JSON in UTF-8, or its compression is not supported.',
  headers_too_large: 'The request line and headers are larger than the limit.',
  request_timeout: 'The request did not arrive completely in time.',
  workspace_busy: 'The workspace has too many requests at the same time; wait for `Retry-After` seconds.',
  rate_limit: 'The key or its workspace made too many requests, or the address sent too many invalid keys.',
  service_unavailable: 'The database cannot be reached or is overloaded; try again after `Retry-After` seconds.',
  operation_not_begun:
    'The service did not begin this operation of a batch: the request ran out of time, or the database failed first.',
  internal_error: 'The service failed; nothing was written. Quote the request id when you report it.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** `error.type` of each status the API answers. */
export const ERROR_TYPES = [
  'invalid_request_error',
  'idempotency_error',
  'authentication_error',
  'permission_error',
  'rate_limit_error',
  'api_error',
] as const;

export type ErrorType = (typeof ERROR_TYPES)[number];

export function errorType(status: number): ErrorType {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'api_error' : 'invalid_request_error';
}

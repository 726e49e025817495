import { HttpException, HttpStatus } from '@nestjs/common';
import type { ErrorCode, ErrorType } from './error-codes.js';

/** One failing parameter. `param` is a path such as `items[2].qty`. */
export interface ParameterError {
  param: string;
  code: ErrorCode;
  message: string;
}

/** What the exception filter turns into the error body; `headers` go out with it. */
export interface ApiFault {
  /** Where it does not follow from the status. */
  type?: ErrorType;
  code: ErrorCode;
  message: string;
  param?: string;
  errors?: ParameterError[];
  /** How many objects are in the way. */
  count?: number;
  headers?: Record<string, string>;
}

/** An answer other than success, in the API's own terms. */
export class ApiException extends HttpException {
  constructor(
    status: number,
    readonly fault: ApiFault,
  ) {
    super(fault.message, status);
  }
}

/** 400 that lists failing parameters; the first is the headline, and says so when the list is not of all `total`. */
export function invalidParameters(
  errors: [ParameterError, ...ParameterError[]],
  total: number = errors.length,
): ApiException {
  const [{ param, code, message }] = errors;
  const rest = total > errors.length ? ` The first ${errors.length} of ${total} failing parameters are listed.` : '';
  return new ApiException(HttpStatus.BAD_REQUEST, { code, message: message + rest, param, errors });
}

export function invalidParameter(param: string, message: string, code: ErrorCode = 'parameter_invalid'): ApiException {
  return invalidParameters([{ param, code, message }]);
}

/** 404 for an object; the same for one that never was and one of another workspace. `param` names a body or query parameter. */
export function resourceMissing(resource: string, id: string, param?: string): ApiException {
  const message = `No such ${resource}: '${id}'.`;
  return new ApiException(HttpStatus.NOT_FOUND, {
    code: 'resource_missing',
    message,
    ...(param !== undefined && { param, errors: [{ param, code: 'resource_missing', message }] }),
  });
}

/** An answer with a code of a module's own, which the module lists in `errors`. */
export function moduleException(
  status: number,
  { code, ...fault }: Omit<ApiFault, 'code' | 'errors'> & { code: string },
): ApiException {
  return new ApiException(status, { ...fault, code: code as ErrorCode });
}

import { HttpStatus } from '@nestjs/common';
import { ApiException } from './api.exception.js';
import type { ErrorCode } from './error-codes.js';

/** 400 for a list of children that would become longer than it may be; `param` is the list, or the new child's parent. */
export function childrenLimitReached(limit: number, param: string): ApiException {
  return limitReached('children_limit_reached', param, childrenLimitMessage(limit));
}

export function childrenLimitMessage(limit: number): string {
  return `At most ${limit} of these are allowed; this request would make more.`;
}

/** 400 for a parameter that asks for more than there may be. */
export function limitReached(code: ErrorCode, param: string, message: string): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, { code, message, param, errors: [{ param, code, message }] });
}

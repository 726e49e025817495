import { HttpStatus } from '@nestjs/common';
import { MAX_MONEY } from '../fields/limits.js';
import { ApiException, type ParameterError } from './api.exception.js';

/** The driver's own failures that carry no code, only a text. */
const DRIVER_MESSAGES = [
  'timeout exceeded when trying to connect',
  'Connection terminated',
  'Client has encountered a connection error',
  'Query read timeout',
];

const UNAVAILABLE = [
  /^08/,
  /^53/,
  /^57P0/,
  /^57014$/,
  /^55P03$/,
  /^25P03$/,
  /^E(CONN|PIPE|HOST|NET|TIMEDOUT)/,
  /^ENOTFOUND$/,
];
const CONFLICT = /^(40001|40P01)$/;
const OUT_OF_RANGE = '22003';
const VALIDATOR_MISS = /^(22|23)/;

/** What a failure of the database means for the client; undefined for one that is our own fault. */
export function databaseFault(error: unknown): { exception: ApiException; validatorMiss: boolean } | undefined {
  const { code, message } = driverError(error);
  if (UNAVAILABLE.some((pattern) => pattern.test(code)) || DRIVER_MESSAGES.some((text) => message.startsWith(text)))
    return { exception: serviceUnavailable(), validatorMiss: false };
  if (CONFLICT.test(code)) return { exception: conflict(), validatorMiss: false };
  if (code === OUT_OF_RANGE) return { exception: amountOutOfRange(), validatorMiss: false };
  if (code.startsWith('23')) return { exception: conflict(), validatorMiss: true };
  if (VALIDATOR_MISS.test(code)) return { exception: unstorable(), validatorMiss: true };
  return undefined;
}

/** Is it safe and useful to run the transaction again? */
export function isConflict(error: unknown): boolean {
  return CONFLICT.test(driverError(error).code);
}

/** Was a number too large for its column? Inputs are checked before, so it was a computed one. */
export function isOutOfRange(error: unknown): boolean {
  return driverError(error).code === OUT_OF_RANGE;
}

export function serviceUnavailable(): ApiException {
  return new ApiException(HttpStatus.SERVICE_UNAVAILABLE, {
    code: 'service_unavailable',
    message: 'The database cannot be reached or is overloaded. Nothing is known to have been written; try again.',
    headers: { 'Retry-After': '1' },
  });
}

function conflict(): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'conflict',
    message: 'Another request changed the same data at the same time. Nothing was written; try again.',
  });
}

/** 400 for an amount that was valid by its parts but not as computed; `params` are the parts. */
export function amountOutOfRange(params: readonly string[] = []): ApiException {
  const code = 'amount_out_of_range';
  const message = `An amount computed from these values would be beyond ${MAX_MONEY}. Nothing was written.`;
  const errors = params.map((param): ParameterError => ({ param, code, message }));
  const [first] = errors;
  return new ApiException(HttpStatus.BAD_REQUEST, { code, message, ...(first && { param: first.param, errors }) });
}

function unstorable(): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, {
    code: 'parameter_invalid',
    message: 'A value cannot be stored. Nothing was written.',
  });
}

/** TypeORM wraps the driver's error; its code is what tells. */
function driverError(error: unknown): { code: string; message: string } {
  const wrapped = (error as { driverError?: unknown } | null)?.driverError ?? error;
  const { code, message } = (wrapped ?? {}) as { code?: unknown; message?: unknown };
  return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' };
}

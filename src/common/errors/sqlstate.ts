import { HttpStatus } from '@nestjs/common';
import { MAX_MONEY } from '../fields/limits.js';
import { ApiException, type ParameterError } from './api.exception.js';

/** Failures of the driver, the pool and TypeORM that carry no code, only a text. */
const DRIVER_MESSAGES = [
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
  'Query runner already released',
  'Database connection provided by a query runner was already released',
  'Cannot use a pool after calling end',
  'There was an error establishing an SSL connection',
  // After a migration, once on each connection.
  'cached plan must not change result type',
];

const UNAVAILABLE = [
  // Connection lost, out of resources (disk, memory, connections), going down or starting, damaged files, an outcome
  // that is not known.
  /^(08|53|57P0|58)|^40003$/,
  // Took too long: the statement, a lock, a transaction that did nothing.
  /^(57014|55P03|25P03)$/,
  // Became a standby; lets this service in no more.
  /^(25006|28|3D000)/,
  /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_AGAIN)|^ENOTFOUND$/,
];
const CONFLICT = /^(40001|40P01)$/;
const OUT_OF_RANGE = '22003';
const CHECK_VIOLATION = '23514';
const STATEMENT_TIMEOUT = '57014';
/** Not PostgreSQL's: see `rows/answer-limit.ts`. */
const ANSWER_TOO_LARGE = 'ANSWER_TOO_LARGE';
const VALIDATOR_MISS = /^(22|23)/;

/** What a failure of the database means for the client; undefined for one that is our own fault. */
export function databaseFault(error: unknown): { exception: ApiException; validatorMiss: boolean } | undefined {
  const { code, message } = driverError(error);
  if (isUnavailable(code, message)) return { exception: serviceUnavailable(), validatorMiss: false };
  if (code === ANSWER_TOO_LARGE) return { exception: answerTooLarge(message), validatorMiss: false };
  if (CONFLICT.test(code)) return { exception: conflict(), validatorMiss: false };
  if (code === OUT_OF_RANGE) return { exception: amountOutOfRange(), validatorMiss: false };
  if (code === CHECK_VIOLATION) return { exception: unstorable(), validatorMiss: true };
  if (code.startsWith('23')) return { exception: conflict(), validatorMiss: true };
  if (VALIDATOR_MISS.test(code)) return { exception: unstorable(), validatorMiss: true };
  return undefined;
}

function isUnavailable(code: string, message: string): boolean {
  return UNAVAILABLE.some((pattern) => pattern.test(code)) || DRIVER_MESSAGES.some((text) => message.startsWith(text));
}

/** Is it safe and useful to run the transaction again? */
export function isConflict(error: unknown): boolean {
  return CONFLICT.test(driverError(error).code);
}

/** Did PostgreSQL end the statement because it took too long? */
export function isStatementTimeout(error: unknown): boolean {
  return driverError(error).code === STATEMENT_TIMEOUT;
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

function answerTooLarge(message: string): ApiException {
  return new ApiException(HttpStatus.BAD_REQUEST, { code: 'answer_too_large', message });
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

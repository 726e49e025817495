import { HttpStatus } from '@nestjs/common';
import { MAX_MONEY } from '../fields/limits.js';
import { ApiException, invalidParameter, resourceMissing, type ParameterError } from './api.exception.js';
import { constraintOf, type ParameterConstraint } from './constraints.js';

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
const UNIQUE_VIOLATION = '23505';
/** The second is that of a constraint that says so, from PostgreSQL 18 on. */
const FOREIGN_KEY_VIOLATION = /^(23503|23001)$/;
const STATEMENT_TIMEOUT = '57014';
const TIMEOUT = /^(57014|55P03)$/;
/** Not PostgreSQL's: see `table/answer-limit.ts`. */
const ANSWER_TOO_LARGE = 'ANSWER_TOO_LARGE';
const VALIDATOR_MISS = /^(22|23)/;

/** What a failure of the database means for the client; undefined for one that is our own fault. */
export function databaseFault(error: unknown): { exception: ApiException; validatorMiss: boolean } | undefined {
  const fault = driverError(error);
  const { code, message } = fault;
  if (isUnavailable(code, message)) return { exception: serviceUnavailable(), validatorMiss: false };
  if (code === ANSWER_TOO_LARGE) return { exception: answerTooLarge(message), validatorMiss: false };
  if (CONFLICT.test(code)) return { exception: conflict(), validatorMiss: false };
  if (code === OUT_OF_RANGE) return { exception: amountOutOfRange(), validatorMiss: false };
  const onParameter = constraintFault(fault);
  if (onParameter !== undefined) return { exception: onParameter, validatorMiss: false };
  if (code === CHECK_VIOLATION) return { exception: unstorable(), validatorMiss: true };
  if (code.startsWith('23')) return { exception: conflict(), validatorMiss: true };
  if (VALIDATOR_MISS.test(code)) return { exception: unstorable(), validatorMiss: true };
  return undefined;
}

/** The answer to a value that breaks a constraint of its resource. Trying again would break it again. */
function constraintFault(fault: DriverError): ApiException | undefined {
  const { code, table, constraint, detail } = fault;
  const known = constraintOf(table, constraint);
  if (known === undefined) return undefined;
  const { param, references, rule, isExternalId } = known;
  if (code === CHECK_VIOLATION) return rule === undefined ? undefined : invalidParameter(param, `${param} ${rule}`);
  // It was given to another object in the moment between the look and the write, again and again.
  if (isExternalId) return conflict();
  if (code === UNIQUE_VIOLATION)
    return invalidParameter(param, `${param} must be unique; another object has this value.`, 'parameter_not_unique');
  if (!FOREIGN_KEY_VIOLATION.test(code) || references === undefined) return undefined;
  return isDeletion(fault, references.table)
    ? resourceReferenced(known)
    : resourceMissing(references.resource, lastValue(detail), param);
}

/**
 * PostgreSQL has one code for a row that refers to nothing and for one that is referred to, and texts in many languages. Only
 * that of the latter names two tables, or the one that refers to itself twice.
 */
function isDeletion({ message, constraint, table }: DriverError, referenced: string): boolean {
  const words = message.replace(constraint, '').match(/\w+/g) ?? [];
  return words.filter((word) => word === table || word === referenced).length > 1;
}

/** The last value in a text such as `Key (workspace_id, id)=(a, b) is …`. */
function lastValue(detail: string): string {
  return /=\((?:[^,]*, )*(.*)\)/.exec(detail)?.[1] ?? '';
}

function resourceReferenced({ resource }: ParameterConstraint): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'resource_referenced',
    message: `The object cannot be deleted while an object of ${resource} refers to it.`,
  });
}

function isUnavailable(code: string, message: string): boolean {
  return UNAVAILABLE.some((pattern) => pattern.test(code)) || DRIVER_MESSAGES.some((text) => message.startsWith(text));
}

/** Is it safe and useful to run the transaction again? */
export function isConflict(error: unknown): boolean {
  const { code, table, constraint } = driverError(error);
  return CONFLICT.test(code) || (code === UNIQUE_VIOLATION && constraintOf(table, constraint)?.isExternalId === true);
}

/** Did PostgreSQL end the statement because it took too long? */
export function isStatementTimeout(error: unknown): boolean {
  return driverError(error).code === STATEMENT_TIMEOUT;
}

/** The same, or because it waited too long for a lock. */
export function isTimeout(error: unknown): boolean {
  return TIMEOUT.test(driverError(error).code);
}

/** Was a number too large for its column? Inputs are checked before, so it was a computed one. */
export function isOutOfRange(error: unknown): boolean {
  return driverError(error).code === OUT_OF_RANGE;
}

export function serviceUnavailable(): ApiException {
  return new ApiException(HttpStatus.SERVICE_UNAVAILABLE, {
    code: 'service_unavailable',
    message:
      'The database cannot be reached or is overloaded. Try again; after a write, check first whether it was done.',
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
function driverError(error: unknown): DriverError {
  const wrapped = (error as { driverError?: unknown } | null)?.driverError ?? error;
  const given = (wrapped ?? {}) as Partial<Record<keyof DriverError, unknown>>;
  const text = (name: keyof DriverError): string => (typeof given[name] === 'string' ? given[name] : '');
  const [code, message, table] = [text('code'), text('message'), text('table')];
  return { code, message, table, constraint: text('constraint'), detail: text('detail') };
}

/** What the driver says of a failure; empty where it says nothing. */
interface DriverError {
  code: string;
  message: string;
  /** The table and the constraint that was violated. */
  table: string;
  constraint: string;
  detail: string;
}

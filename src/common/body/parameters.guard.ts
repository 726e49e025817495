import { Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal.js';
import type { FastifyRequest } from 'fastify';
import type { SelfReadingQuery } from '../list/list-query.js';
import { addIdempotencyKeyErrors } from '../call/idempotency-key.header.js';
import { ParameterErrors } from '../errors/parameter-errors.js';
import { handlerArgument } from '../routes/handler-arguments.js';
import { addPreconditionErrors } from '../versions/precondition-errors.js';
import { check, isObject } from './check.js';
import { replaceChecked } from './checked-values.js';
import { hasFurtherChecks, leaveErrors } from './further-checks.js';
import { notAnObject } from './json-body.js';
import { isOptionalBody } from './optional-body.js';
import { rulesOf } from './rules-of.js';
import { isStrict, markStrict } from './strict-handling.js';

type RawQuery = Record<string, string | string[]>;

/** What a handler takes of a request; the class of an argument is undefined where it takes the argument as it comes. */
interface Taken {
  path: Argument;
  query: Argument;
  body: Argument;
}

type Argument = { type: Type | undefined } | undefined;

/**
 * Checks path, query, body, preconditions and idempotency key of a request together, so that one response lists everything
 * that is wrong with it. Routes that take no query or no body refuse all of its parameters.
 */
@Injectable()
export class ParametersGuard implements CanActivate {
  private readonly known = new WeakMap<object, Taken>();

  /** `maxEntries`: see `check`. */
  constructor(private readonly maxEntries: number) {}

  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { path, query, body } = this.takenBy(context);
    const errors = new ParameterErrors();
    if (path?.type !== undefined) check(path.type, request.params as object, { errors });
    checkQuery(query, request.query as RawQuery, errors);
    const bodyWithMore = this.checkBody(body, request, errors);
    const areMet = addPreconditionErrors(request, errors);
    const isKeyValid = addIdempotencyKeyErrors(request, errors);
    // Those who read these headers would refuse one alone, before the service comes to the rest.
    if (bodyWithMore === undefined || !areMet || !isKeyValid) errors.refuse();
    else leaveErrors(bodyWithMore, errors);
    return true;
  }

  /** Answers a body that its service checks further. */
  private checkBody(taken: Argument, request: FastifyRequest, errors: ParameterErrors): object | undefined {
    const { routeOptions } = request;
    // JSON's null stands for no body.
    const given = request.body ?? undefined;
    if (taken === undefined) {
      if (given !== undefined && routeOptions.config.takesFile !== true) refuseBody(given, errors);
      return undefined;
    }
    const { type } = taken;
    if (type === undefined || (given === undefined && isOptionalBody(type))) return undefined;
    if (!isObject(given)) throw notAnObject();
    const strict = isStrict(given);
    const { value } = check(type, given, { strict, maxEntries: this.maxEntries, errors });
    // For services that check a part of the body themselves.
    if (strict) markStrict(value);
    replaceChecked(given, value);
    return hasFurtherChecks(type) ? value : undefined;
  }

  private takenBy(context: ExecutionContext): Taken {
    const handler = context.getHandler();
    let taken = this.known.get(handler);
    if (taken === undefined) this.known.set(handler, (taken = argumentsOf(context)));
    return taken;
  }
}

function argumentsOf(context: ExecutionContext): Taken {
  const argument = (kind: Parameters<typeof handlerArgument>[2]): Argument => {
    const declared = handlerArgument(context.getClass(), context.getHandler().name, kind);
    return declared && { type: declared.type === Object ? undefined : (declared.type as Type | undefined) };
  };
  return {
    path: argument(RouteParamtypes.PARAM),
    query: argument(RouteParamtypes.QUERY),
    body: argument(RouteParamtypes.BODY),
  };
}

function refuseBody(given: unknown, errors: ParameterErrors): void {
  if (!isObject(given)) throw notAnObject();
  for (const param of Object.keys(given)) errors.addUnknown(param);
}

function checkQuery(taken: Argument, given: RawQuery, errors: ParameterErrors): void {
  if (taken === undefined) for (const param of Object.keys(given)) errors.addUnknown(param);
  if (taken?.type === undefined) return;
  const { type } = taken;
  if ('read' in type) {
    const read = (type as unknown as SelfReadingQuery<object>).read(given);
    errors.addAll(read.errors);
    replaceChecked(given, read.value);
    return;
  }
  const { fields } = rulesOf(type);
  const repeated = Object.keys(given).filter((name) => Array.isArray(given[name]));
  for (const param of repeated) errors.add(param, 'parameter_invalid', () => `${param} must be given only once.`);
  const values = Object.entries(given).map(([name, text]) => [name, fields.get(name)?.numeric ? toNumber(text) : text]);
  const read = check(type, Object.fromEntries(values) as object);
  errors.addAll(read.errors, repeated);
  replaceChecked(given, read.value);
}

/** Only plain decimal digits become a number; anything else is left for the rules to refuse. */
function toNumber(text: string | string[]): unknown {
  return typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text;
}

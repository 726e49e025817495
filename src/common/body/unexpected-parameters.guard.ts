import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal.js';
import type { FastifyRequest } from 'fastify';
import { ParameterErrors } from '../errors/parameter-errors.js';
import { handlerArgument } from '../routes/handler-arguments.js';
import { notAnObject } from './json-body.js';

/** What a handler reads of a request. */
interface Read {
  query: boolean;
  body: boolean;
}

/** Refuses parameters of a query or a body on routes that take none; those that take some check them in their class. */
@Injectable()
export class UnexpectedParametersGuard implements CanActivate {
  private readonly known = new WeakMap<object, Read>();

  canActivate(context: ExecutionContext): true {
    const { query, body, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
    const reads = this.readBy(context);
    if (reads.query && (reads.body || body === undefined)) return true;
    const errors = new ParameterErrors();
    if (!reads.query) for (const param of Object.keys(query as object)) errors.addUnknown(param);
    if (!reads.body && routeOptions.config.takesFile !== true)
      for (const param of namesIn(body ?? {})) errors.addUnknown(param);
    errors.refuse();
    return true;
  }

  private readBy(context: ExecutionContext): Read {
    const handler = context.getHandler();
    let read = this.known.get(handler);
    if (read === undefined) this.known.set(handler, (read = argumentsOf(context)));
    return read;
  }
}

function argumentsOf(context: ExecutionContext): Read {
  const reads = (type: RouteParamtypes.QUERY | RouteParamtypes.BODY): boolean =>
    handlerArgument(context.getClass(), context.getHandler().name, type) !== undefined;
  return { query: reads(RouteParamtypes.QUERY), body: reads(RouteParamtypes.BODY) };
}

function namesIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw notAnObject();
  return Object.keys(body);
}

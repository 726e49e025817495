import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal.js';
import type { FastifyRequest } from 'fastify';
import { ParameterErrors } from '../errors/parameter-errors.js';
import { handlerArgument } from '../routes/handler-arguments.js';

/** Refuses query parameters on routes that take none; those that take some check them in their query class. */
@Injectable()
export class UnexpectedQueryGuard implements CanActivate {
  private readonly readers = new WeakMap<object, boolean>();

  canActivate(context: ExecutionContext): true {
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    const given = Object.keys(query as object);
    if (given.length === 0 || this.readsQuery(context)) return true;
    const errors = new ParameterErrors();
    for (const param of given) errors.addUnknown(param);
    errors.refuse();
    return true;
  }

  private readsQuery(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    let reads = this.readers.get(handler);
    if (reads === undefined) this.readers.set(handler, (reads = declaresQuery(context)));
    return reads;
  }
}

function declaresQuery(context: ExecutionContext): boolean {
  return handlerArgument(context.getClass(), context.getHandler().name, RouteParamtypes.QUERY) !== undefined;
}

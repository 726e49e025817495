import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ExtendRouteConfig } from './extend-route-config.js';
import type { Scope } from './scopes.js';

/** Where the document says which scope an operation needs. */
export const REQUIRED_SCOPE = 'x-required-scope';

/** Lets a route, or all of a controller, be called without a key. */
export const Public = (): MethodDecorator & ClassDecorator => ExtendRouteConfig({ access: 'public' });

/** The scope a route needs, where it is not what its method says: `read` for GET and HEAD, else `write`. */
export const RequireScope = (scope: Scope): MethodDecorator & ClassDecorator =>
  applyDecorators(ExtendRouteConfig({ access: scope }), ApiExtension(REQUIRED_SCOPE, scope));

/** A route that says nothing needs a key. */
export function accessTo({ method, routeOptions }: FastifyRequest): 'public' | Scope {
  return routeOptions.config.access ?? scopeOf(method);
}

/** What a key needs for a method, unless the route says otherwise. */
export function scopeOf(method: string): Scope {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write';
}

import type { FastifyInstance, RouteOptions } from 'fastify';

/** The public reference names no verb for reorder: POST is the documented one, PUT and PATCH on the same path do the same. */
export function addReorderAliases(instance: FastifyInstance): void {
  instance.addHook('onRoute', (route: RouteOptions) => {
    if (route.method !== 'POST' || !route.url.endsWith('/reorder')) return;
    instance.route({ ...route, method: ['PUT', 'PATCH'] });
  });
}

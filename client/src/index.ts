export { Crm } from './client.js';
export * from './errors.js';
export { FollowedEvents, type FollowOptions } from './events.js';
export type { CrmOptions, Request, RequestOptions } from './http.js';
export { List, type Page } from './list.js';
export type { Body, Item, OperationId, Query, Result } from './operations.js';
export type { components } from './schema.js';
export { CrmWebhookError, unwrap } from './webhooks.js';

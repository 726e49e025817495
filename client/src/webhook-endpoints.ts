import type { Http, RequestOptions } from './http.js';
import type { List } from './list.js';
import type { Body, Item, Query, Result } from './operations.js';
import { Resource } from './resource.js';

export class WebhookEndpoints extends Resource<'WebhookEndpoint', 'WebhookEndpoints'> {
  constructor(http: Http) {
    super(http, '/api/webhook-endpoints');
  }

  rotateSecret(
    id: string,
    body?: Body<'rotateWebhookSecret'>,
    options?: RequestOptions,
  ): Promise<Result<'rotateWebhookSecret'>> {
    return this.action<'rotateWebhookSecret'>(id, '/rotate-secret', body, options);
  }

  /** Sends one request to the endpoint and gives its outcome. */
  ping(id: string, options?: RequestOptions): Promise<Result<'pingWebhookEndpoint'>> {
    return this.action<'pingWebhookEndpoint'>(id, '/ping', undefined, options);
  }

  /** Sends events of the past again. */
  replay(
    id: string,
    body: Body<'replayWebhookEvents'>,
    options?: RequestOptions,
  ): Promise<Result<'replayWebhookEvents'>> {
    return this.action<'replayWebhookEvents'>(id, '/replay', body, options);
  }

  deliveries(
    id: string,
    query?: Query<'listWebhookDeliveries'>,
    options?: RequestOptions,
  ): List<Item<'listWebhookDeliveries'>> {
    return this.pages<'listWebhookDeliveries'>(this.pathOf(id, '/deliveries'), query, 'offset', options);
  }

  retrieveDelivery(
    id: string,
    deliveryId: string,
    options?: RequestOptions,
  ): Promise<Result<'retrieveWebhookDelivery'>> {
    return this.http.request('GET', this.pathOfDelivery(id, deliveryId), options);
  }

  resend(id: string, deliveryId: string, options?: RequestOptions): Promise<Result<'resendWebhookDelivery'>> {
    return this.http.request('POST', `${this.pathOfDelivery(id, deliveryId)}/resend`, options);
  }

  private pathOfDelivery(id: string, deliveryId: string): string {
    return this.pathOf(id, `/deliveries/${encodeURIComponent(deliveryId)}`);
  }
}

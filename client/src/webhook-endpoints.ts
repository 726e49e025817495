import type { RequestOptions } from './http.js';
import type { Result } from './operations.js';
import { Resource } from './resource.js';

type Delivery = Result<'retrieveWebhookDelivery'>;

export class WebhookEndpoints extends Resource<'WebhookEndpoint', 'WebhookEndpoints'> {
  readonly rotateSecret = this.actionWith<'rotateWebhookSecret'>('POST', '/{id}/rotate-secret');
  /** Sends one request to the endpoint and gives its outcome. */
  readonly ping = this.action<'pingWebhookEndpoint'>('POST', '/{id}/ping');
  /** Sends events of the past again. */
  readonly replay = this.actionWith<'replayWebhookEvents'>('POST', '/{id}/replay');
  readonly deliveries = this.listOf<'listWebhookDeliveries'>('/{id}/deliveries');

  retrieveDelivery(id: string, deliveryId: string, options?: RequestOptions): Promise<Delivery> {
    return this.http.request('GET', this.pathOf('/{id}/deliveries/{delivery}', id, deliveryId), options);
  }

  resend(id: string, deliveryId: string, options?: RequestOptions): Promise<Result<'resendWebhookDelivery'>> {
    return this.http.request('POST', this.pathOf('/{id}/deliveries/{delivery}/resend', id, deliveryId), options);
  }
}

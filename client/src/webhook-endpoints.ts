import type { RequestOptions } from './http.js';
import type { Body, Result } from './operations.js';
import { Resource } from './resource.js';

type Secret = Result<'rotateWebhookSecret'>;
type Delivery = Result<'retrieveWebhookDelivery'>;

export class WebhookEndpoints extends Resource<'WebhookEndpoint', 'WebhookEndpoints'> {
  /** Sends one request to the endpoint and gives its outcome. */
  readonly ping = this.action<'pingWebhookEndpoint'>('POST', '/ping');
  /** Sends events of the past again. */
  readonly replay = this.actionWith<'replayWebhookEvents'>('POST', '/replay');
  readonly deliveries = this.listOf<'listWebhookDeliveries'>('/deliveries');

  rotateSecret(id: string, body?: Body<'rotateWebhookSecret'>, options?: RequestOptions): Promise<Secret> {
    return this.http.request('POST', this.pathOf(id, '/rotate-secret'), { ...options, body });
  }

  retrieveDelivery(id: string, deliveryId: string, options?: RequestOptions): Promise<Delivery> {
    return this.http.request('GET', this.pathOf(id, `/deliveries/${encodeURIComponent(deliveryId)}`), options);
  }

  resend(id: string, deliveryId: string, options?: RequestOptions): Promise<Result<'resendWebhookDelivery'>> {
    return this.http.request('POST', this.pathOf(id, `/deliveries/${encodeURIComponent(deliveryId)}/resend`), options);
  }
}

import Stripe from 'stripe';

export const OPPORTUNITIES = '/api/crm/opportunity';

/**
 * The official SDK of an API with the same conventions, pointed at this service. It sends forms, and this API takes JSON:
 * the one form field `json` is sent as the body. Its customers stand for our opportunities, so that its paging can be
 * used. Everything else, errors, ids, retries and paging, is the SDK's own.
 */
export function stripeClient(origin: string, key: string): Stripe {
  const { hostname, port } = new URL(origin);
  const send = (url: string, init: RequestInit): Promise<Response> =>
    fetch(url.replace('/v1/customers', OPPORTUNITIES), asJson(init));
  const httpClient = Stripe.createFetchHttpClient(send as typeof fetch);
  return new Stripe(key, {
    host: hostname,
    port,
    protocol: 'http',
    httpClient,
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

function asJson(init: RequestInit): RequestInit {
  const json = typeof init.body === 'string' ? new URLSearchParams(init.body).get('json') : null;
  const headers = new Headers(init.headers);
  headers.delete('content-length');
  headers.delete('content-type');
  if (json === null) return { ...init, headers, body: null };
  headers.set('content-type', 'application/json');
  return { ...init, headers, body: json };
}

import Stripe from 'stripe';
import type { Json } from './support/client.js';
import { createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';
import { OPPORTUNITIES, stripeClient } from './support/stripe-client.js';

let service: Service;
let stripe: Stripe;
beforeAll(async () => {
  service = await startService();
  stripe = stripeClient(service.origin, service.api.key ?? '');
});
afterAll(() => service.stop());

function create(body: object, idempotencyKey?: string): Promise<Json> {
  return stripe.rawRequest('POST', OPPORTUNITIES, body, idempotencyKey === undefined ? {} : { idempotencyKey });
}

/** What the SDK makes of a failing call. */
async function failure(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}

describe('to the official stripe SDK', () => {
  it('a success has a request id and a status', async () => {
    const made = await create(minimal);
    expect(made.id).toMatch(/^opportunity_/);
    expect(made.lastResponse).toMatchObject({ statusCode: 201, requestId: expect.stringMatching(/^req_/) as string });
  });

  it('failures are of the classes that its users branch on', async () => {
    const reader = stripeClient(service.origin, (await service.clientWith({ scopes: ['read'] })).key ?? '');
    const cases: [() => Promise<unknown>, typeof Stripe.errors.StripeError, number, string][] = [
      [() => create({}), Stripe.errors.StripeInvalidRequestError, 400, 'parameter_missing'],
      [
        () => stripe.rawRequest('GET', `${OPPORTUNITIES}/opportunity_abc123`),
        Stripe.errors.StripeInvalidRequestError,
        404,
        'resource_missing',
      ],
      [
        () => stripeClient(service.origin, 'sk_test_unknown').rawRequest('GET', OPPORTUNITIES),
        Stripe.errors.StripeAuthenticationError,
        401,
        'authentication_required',
      ],
      [
        () => reader.rawRequest('POST', OPPORTUNITIES, minimal),
        Stripe.errors.StripePermissionError,
        403,
        'scope_insufficient',
      ],
    ];
    for (const [call, type, statusCode, code] of cases) {
      const error = await failure(call());
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ statusCode, code, requestId: expect.stringMatching(/^req_/) as string });
    }
  });

  it('a failing parameter is named', async () => {
    expect(await failure(create({ ...minimal, probability: 101 }))).toMatchObject({ param: 'probability' });
  });

  it('a repeated request with its idempotency key is the same object, and marked as a replay', async () => {
    const [first, again] = [await create(minimal, 'same'), await create(minimal, 'same')];
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers.get('idempotent-replayed')).toBe('true');
    expect(first.lastResponse.headers.get('idempotent-replayed')).toBeNull();
  });

  it('another request with the same key is an idempotency error', async () => {
    await create(minimal, 'reused');
    expect(await failure(create({ ...minimal, title: 'other' }, 'reused'))).toBeInstanceOf(
      Stripe.errors.StripeIdempotencyError,
    );
  });

  it('a list is paged through to its end by cursor', async () => {
    const other = stripeClient(service.origin, service.other.key ?? '');
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.unshift((await createOpportunity(service.other)).id);
    const all: Json[] = await other.customers.list({ limit: 3 }).autoPagingToArray({ limit: 100 });
    expect(all.map(({ id }: Json) => id)).toEqual(ids);
  });
});

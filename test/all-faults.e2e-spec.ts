import type { Json } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('all faults of a request', () => {
  const invalid = { ...minimal, probability: 101 };

  it.each<[string, string, string, Record<string, string>, unknown, string[]]>([
    [
      'of query, body and header',
      'POST',
      '/opportunity?foo=1',
      { 'If-Match': '"1"' },
      invalid,
      ['foo', 'probability', 'If-Match'],
    ],
    [
      'of query and a malformed header',
      'PATCH',
      '/opportunity/opportunity_1?fields=x',
      { 'If-Match': '5' },
      { colour: 1 },
      ['fields', 'colour', 'If-Match'],
    ],
    [
      'of a body that its service checks further, and a malformed header',
      'PUT',
      '/opportunity/by-external-id/a?foo=1',
      { 'If-Match': '5' },
      invalid,
      ['foo', 'probability', 'If-Match'],
    ],
    [
      'of query and body, and a malformed idempotency key',
      'POST',
      '/opportunity?foo=1',
      { 'Idempotency-Key': '""' },
      { ...minimal, probability: 101 },
      ['foo', 'probability', 'Idempotency-Key'],
    ],
    ['of path and body', 'PUT', '/opportunity/by-external-id/%20', {}, invalid, ['external_id', 'probability']],
    [
      'of body and path together',
      'PUT',
      '/opportunity/by-external-id/a',
      {},
      { external_id: 'b', probability: 101 },
      ['probability', 'external_id'],
    ],
    [
      'of a batch and its bodies',
      'POST',
      '/opportunity/batch?foo=1',
      {},
      { atomic: 1, operations: [{ method: 'create', body: invalid }, { method: 'x' }, 5] },
      ['foo', 'atomic', 'operations[1].method', 'operations[2]', 'operations[0].body.probability'],
    ],
    [
      'of an entry and of another one',
      'PUT',
      '/opportunity/opportunity_1/lost-reasons',
      {},
      { lost_reasons: [{ lost_reason: 1 }, {}, 5] },
      ['lost_reasons[0].lost_reason', 'lost_reasons[2]', 'lost_reasons[1].lost_reason'],
    ],
    [
      'of a pipeline and its stages',
      'POST',
      '/pipeline',
      {},
      { archived: 1, stages: [{ key: 'A' }, { key: 'A', type: 'won', probability: 1 }] },
      ['archived', 'stages[1].key', 'stages[0].probability', 'stages[1].probability', 'name'],
    ],
    ['of a stage', 'POST', '/pipeline-stage', {}, { pipeline_id: 'pipeline_1', key: 1 }, ['key', 'probability']],
    [
      'of a webhook endpoint',
      'POST',
      '//api/webhook-endpoints?foo=1',
      {},
      { disabled: 1, url: 'nope', enabled_events: ['x'], filter: { foo: '1' }, headers: { host: 'x' } },
      ['foo', 'disabled', 'url', 'enabled_events', 'filter.foo', 'headers.host'],
    ],
    [
      'of a key',
      'POST',
      '//api/keys',
      {},
      { name: 1, scopes: ['read'], rate_limit: 0, expires_at: '2001-01-01T00:00:00Z' },
      ['name', 'rate_limit', 'expires_at'],
    ],
    [
      'of a replay',
      'POST',
      '//api/webhook-endpoints/webhook-endpoint_1/replay',
      {},
      { only: 'x', since: '2001-01-01T00:00:00Z', types: ['x'] },
      ['only', 'since', 'types'],
    ],
    ['of the feed', 'GET', '//api/events?after=garbage&foo=1&limit=0', {}, undefined, ['after', 'limit', 'foo']],
  ])('are listed together: those %s', async (_of, method, path, headers, body, params) => {
    const admin = await service.clientWith({ scopes: ['admin'] });
    const answer = await admin.request(method, path, { headers, body });
    expect([answer.status, answer.body.error.errors.map(({ param }: Json) => param)]).toEqual([400, params]);
    expect(answer.body.error.param).toBe(params[0]);
  });

  it('are all named when several are wrong, the first of them twice', async () => {
    const body = { party_name: 7, company: ' ', probability: 101, status: 'open', foo: 1, __bar: 2 };
    const { error } = (await service.api.post('/opportunity', body)).body;
    expect(Object.fromEntries(error.errors.map(({ param, code }: Json) => [param, code]))).toEqual({
      opportunity_from: 'parameter_missing',
      party_name: 'parameter_invalid',
      status: 'parameter_invalid',
      probability: 'parameter_invalid',
      company: 'parameter_invalid',
      transaction_date: 'parameter_missing',
      foo: 'parameter_unknown',
      __bar: 'parameter_unknown',
    });
    expect(error.errors).toHaveLength(8);
    const { param, code, message } = error;
    expect(error.errors[0]).toEqual({ param, code, message });
    expect(error.type).toBe('invalid_request_error');
  });

  it('are listed up to a hundred, whichever part of the request they are in', async () => {
    const query = Array.from({ length: 60 }, (_, n) => `a${n}=1`).join('&');
    const body = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`b${n}`, 1]));
    const { error } = (await service.api.post(`/opportunity?${query}`, { ...minimal, ...body })).body;
    expect(error.errors).toHaveLength(100);
    expect(error.message).toContain('The first 100 of 120 failing parameters are listed.');
  });
});

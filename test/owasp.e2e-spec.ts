import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from './support/client.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { operationsOf, type Operation } from './support/operations.js';
import { registeredRoutes } from './support/registered-routes.js';
import { Sample } from './support/sample.js';
import { startService, type Service } from './support/service.js';

/* The OWASP API Security Top 10 of 2023, a test each. Every attempt is first shown to work where it may. */

let service: Service;
let api: Client;
let otherAdmin: Client;
let operations: Operation[];
beforeAll(async () => {
  service = await startService();
  api = await service.clientWith({ scopes: ['admin'] });
  otherAdmin = await service.clientWith({ workspace: 'other', scopes: ['admin'] });
  operations = operationsOf(service.document);
});
afterAll(() => service.stop());

/** The operation on an object of the client's workspace, by another client or the same. */
async function attempt(operation: Operation, owner: Client, caller: Client): Promise<number> {
  const sample = await Sample.for(operation, owner, operations);
  return (await sample.call(operation, caller)).status;
}

it('API1 broken object level authorization: no operation on an object works from another workspace', async () => {
  const onObjects = operations.filter(({ path }) => path.includes('{id}'));
  expect(onObjects.length).toBeGreaterThan(10);
  for (const operation of onObjects) {
    expect({ ...operation, got: await attempt(operation, api, otherAdmin) }).toMatchObject({ got: 404 });
    expect({ ...operation, got: await attempt(operation, api, api) }).toMatchObject({ got: operation.status });
  }
});

it('API2 broken authentication: a key is accepted whole, in its header, unchanged, or not at all', async () => {
  const key = api.key ?? '';
  const forged = [
    key.slice(0, -1),
    `${key}0`,
    key.toUpperCase(),
    key.replace('test', 'live'),
    `${key} ${key}`,
    "' or '1'='1",
  ];
  for (const text of forged) expect((await service.clientAs(text).get('/opportunity')).status).toBe(401);
  const elsewhere = { cookie: `key=${key}`, 'x-api-key': key, authorization: `Basic ${btoa(`${key}:`)}` };
  expect((await service.clientAs(undefined).get('/opportunity', elsewhere)).status).toBe(401);
  expect((await api.get('/opportunity')).status).toBe(200);
});

it('API3 broken object property level authorization: what is read-only or hidden is neither set nor shown', async () => {
  const { id: other } = await createOpportunity(service.other);
  const computed = { total: 1, base_total: 1, base_opportunity_amount: 1, created_at: '2000-01-01T00:00:00.000Z' };
  const deal = await createOpportunity(api, { id: other, updated_at: '2000-01-01T00:00:00.000Z', ...computed });
  expect(deal).toMatchObject({ total: 0, base_total: 0, base_opportunity_amount: 0 });
  expect(deal.id).not.toBe(other);
  expect(deal.created_at > '2001').toBe(true);
  for (const hidden of ['workspace_id', 'version', '__proto__', 'constructor', 'conversion_rate_']) {
    const body = `{"${hidden}": "x"}`;
    const { error } = (await api.request('PATCH', `/opportunity/${deal.id}`, { body })).body;
    expect(error).toMatchObject({ code: 'parameter_unknown', param: hidden });
    for (const query of [`fields=${hidden}`, `sort=${hidden}`, `${hidden}=x`, `expand=${hidden}`])
      expect((await api.get(`/opportunity?${query}`)).status).toBe(400);
  }
  expect(Object.keys((await api.get(`/opportunity/${deal.id}`)).body)).toEqual(Object.keys(deal));
});

it('API4 unrestricted resource consumption: pages, bodies, depths, children, batches and texts are bounded', async () => {
  const { id } = await createOpportunity(api);
  const statuses = {
    page: (await api.get('/opportunity?limit=101')).status,
    body: (await api.post('/opportunity', { ...minimal, title: 'x'.repeat(2 ** 20) })).status,
    depth: (await api.post('/opportunity', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`)).status,
    text: (await api.patch(`/opportunity/${id}`, { title: 'x'.repeat(141) })).status,
    number: (await api.patch(`/opportunity/${id}`, `{"probability": 1${'0'.repeat(100_000)}}`)).status,
    children: (await api.post('/opportunity', { ...minimal, items: new Array(1001).fill({}) })).status,
    batch: (await api.post('/opportunity/batch', { operations: new Array(1001).fill({}) })).status,
    query: (await service.clientAs(api.key).get(`//openapi.json?${'x'.repeat(20_000)}`)).status,
  };
  expect(statuses).toEqual({
    page: 400,
    body: 413,
    depth: 400,
    text: 400,
    number: 400,
    children: 400,
    batch: 400,
    query: 431,
  });
});

it('API5 broken function level authorization: a key that may read cannot write, by any method or alias', async () => {
  const reader = await service.clientWith({ scopes: ['read'] });
  const writes = operations.filter(({ method }) => method !== 'get');
  for (const operation of writes) expect(await attempt(operation, api, reader)).toBe(403);
  const forAdmins = operations.filter(({ scope }) => scope === 'admin');
  expect(forAdmins.length).toBeGreaterThan(5);
  const writer = await service.clientWith({ scopes: ['read', 'write'] });
  for (const operation of forAdmins) expect(await attempt(operation, api, writer)).toBe(403);
  const { id } = await createOpportunity(api);
  const { id: item } = await addItem(api, id);
  for (const method of ['PUT', 'PATCH'])
    expect((await reader.request(method, '/opportunity-item/reorder', { body: { ids: [item] } })).status).toBe(403);
  // A proxy's way of changing the method is not ours.
  const disguised = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' };
  expect((await reader.get(`/opportunity/${id}?_method=DELETE`, disguised)).status).toBe(400);
  expect((await reader.get(`/opportunity/${id}`, disguised)).status).toBe(200);
  expect((await api.get(`/opportunity/${id}`)).status).toBe(200);
});

it('API6 unrestricted access to sensitive business flows: a deal is won once, by its steps, however often it is asked', async () => {
  const { id } = await createOpportunity(api, { status: 'Lost', order_lost_reason: 'Price' });
  expect((await api.request('POST', `/opportunity/${id}/convert`)).status).toBe(409);
  const reopened = await api.request('POST', `/opportunity/${id}/reopen`);
  expect(reopened.status).toBe(200);
  const seen = { 'if-match': reopened.headers.get('etag') ?? '' };
  const winners = await Promise.all(
    Array.from({ length: 10 }, () => api.request('POST', `/opportunity/${id}/convert`, { headers: seen })),
  );
  expect(winners.map(({ status }) => status).sort()).toEqual([200, ...new Array<number>(9).fill(412)]);
  const once = { 'idempotency-key': 'one-deal' };
  const repeated = await Promise.all(
    Array.from({ length: 10 }, () => api.post('/opportunity', { ...minimal, title: 'Once' }, once)),
  );
  expect(new Set(repeated.filter(({ status }) => status === 201).map(({ body }) => body.id as string)).size).toBe(1);
  expect((await api.get('/opportunity?title=Once')).body.total).toBe(1);
});

describe('API7 server side request forgery and API10 unsafe consumption of APIs', () => {
  let trap: Server;
  let visits: string[];
  beforeAll(async () => {
    visits = [];
    trap = createServer((request, response) => {
      visits.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => trap.close());

  it('API7: an address in any attribute or header is stored or ignored, never visited', async () => {
    const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/visit`;
    const { id } = await createOpportunity(api, { website: url, title: url, contact_display: `<img src="${url}">` });
    const item = await addItem(api, id, { image: url, description: `![](${url})` });
    const forwarded = {
      referer: url,
      origin: url,
      'x-forwarded-host': url,
      'x-forwarded-for': url,
      forwarded: `for="${url}"`,
    };
    expect((await api.get(`/opportunity/${id}?expand=items`, forwarded)).body.website).toBe(url);
    expect((await api.get(`/opportunity-item/${item.id}`)).body.image_view).toBe(url);
    await fetch(url);
    expect(visits).toEqual(['/visit']);
  });

  it('API10: what others wrote comes back as data, as JSON that no browser takes for a page', async () => {
    const hostile = `</script><script>alert(1)</script>'; drop table opportunity; -- \${7*7} {{7*7}} =1+1 ../../etc/passwd \r\nSet-Cookie: a=b`;
    const { id } = await createOpportunity(api, { title: hostile.slice(0, 140), contact_display: hostile });
    const answer = await api.get(`/opportunity/${id}`);
    expect(answer.body.contact_display).toBe(hostile);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('set-cookie')).toBeNull();
    const refused = await api.get(`/opportunity?sort=${encodeURIComponent(hostile)}`);
    expect(refused).toMatchObject({ status: 400, body: { error: { param: 'sort' } } });
    expect((await api.get(`/opportunity?title=${encodeURIComponent(hostile.slice(0, 140))}`)).body.total).toBe(1);
  });
});

it('API8 security misconfiguration: no other origin is let in, no method too many, no word on what is inside', async () => {
  const origin = { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' };
  for (const method of ['OPTIONS', 'GET', 'POST']) {
    const { headers } = await api.request(method, '/opportunity', { headers: origin });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('default-src');
    for (const telling of ['server', 'x-powered-by']) expect(headers.get(telling)).toBeNull();
  }
  for (const path of ['/opportunity/%00', '/opportunity/..%2f..%2fetc%2fpasswd', '/opportunity?limit=9e99', '/nope']) {
    const { status, text } = await api.get(path);
    expect(status).toBeLessThan(500);
    expect(text).not.toMatch(/\bat \S+ \(|node_modules|\.[jt]s\b|select |postgres|typeorm|fastify/i);
  }
  for (const path of ['/.env', '/package.json', '/docs/..%2fpackage.json', '/docs/../package.json', '/api', '/debug'])
    expect((await service.clientAs(undefined).get(`/${path}`)).status).toBe(404);
});

it('API9 improper inventory management: every route is documented, and every documented one is there', async () => {
  // Aliases of a documented route, answers to HEAD, pages for people, and metrics, which are not set up here.
  const known = /^(PUT|PATCH) \/api\/[a-z-/]+\/reorder$|^HEAD |^GET \/($|app|docs|openapi(\.compact)?\.json$|metrics$)/;
  const documented = Object.entries(service.document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const registered = registeredRoutes(service.app).map(({ method, path }) => `${method} ${path}`);
  expect(registered.filter((route) => !documented.includes(route) && !known.test(route))).toEqual([]);
  expect(documented.filter((route) => !registered.includes(route))).toEqual([]);
  for (const path of ['/api/v1/crm/opportunity', '/api/opportunity', '/crm/opportunity', '/api/crm/opportunities'])
    expect((await api.get(`/${path}`)).status).toBe(404);
});

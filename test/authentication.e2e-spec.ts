import pg from 'pg';
import { OperatorKeys, type NewKey } from '../src/auth/operator-keys.js';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { SCOPES, type Scope } from '../src/common/routes/scopes.js';
import type { Answer, Client, Json } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { isAdded } from './support/of-modules.js';
import { operationsOf } from './support/operations.js';
import { registeredRoutes, type Route } from './support/registered-routes.js';
import { startService, type Service } from './support/service.js';
import { lockWaiters, until } from './support/until.js';

const BODY_LIMIT = 2048;

let service: Service;
let nobody: Client;
beforeAll(async () => {
  service = await startService({ BODY_LIMIT_BYTES: String(BODY_LIMIT) });
  nobody = service.clientAs(undefined);
});
afterAll(() => service.stop());

/** All that may be called without a key; metrics have a token of their own. */
const PUBLIC = /^\/($|app($|\/)|docs($|\/)|openapi(\.compact)?\.json$|health\/(live|ready)$|metrics$)/;

describe('without a key', () => {
  it('every documented operation of the API answers 401', async () => {
    const routes = documentedRoutes();
    expect(routes).not.toEqual([]);
    expect(await statusesOf(nobody, routes)).toEqual(routes.map((route) => ({ ...route, status: 401 })));
  });

  it('every route there is answers 401, but for the few that are public', async () => {
    const routes = registeredRoutes(service.app);
    expect(routes).toEqual(expect.arrayContaining(documentedRoutes()));
    const guarded = routes.filter(({ path }) => !PUBLIC.test(path));
    expect(await statusesOf(nobody, guarded)).toEqual(guarded.map((route) => ({ ...route, status: 401 })));
  });

  it('the public pages can be read', async () => {
    const paths = ['/', '/docs', '/openapi.json', '/openapi.compact.json', '/health/live', '/health/ready'];
    const statuses = await statusesOf(
      nobody,
      paths.map((path) => ({ method: 'GET', path })),
    );
    expect(statuses.map(({ status }) => status)).toEqual([302, 200, 200, 200, 200, 200]);
  });

  it('a body is not looked into', async () => {
    const bodies = ['{"title":', '[]', '{"unknown":1}', JSON.stringify(minimal)];
    for (const body of bodies) expect(await nobody.post('/opportunity', body)).toMatchObject({ status: 401 });
    const otherType = { 'content-type': 'text/plain' };
    expect(await nobody.post('/opportunity', 'text', otherType)).toMatchObject({ status: 401 });
    expect((await service.api.get('/opportunity')).body.total).toBe(0);
  });

  it('a body beyond the limit is refused unread', async () => {
    const body = JSON.stringify({ ...minimal, title: 'x'.repeat(BODY_LIMIT) });
    expect([401, 413]).toContain((await nobody.post('/opportunity', body)).status);
  });
});

describe('a wrong key', () => {
  const valid = generateKey('test');
  const challengeOf = (answer: Answer) => answer.headers.get('www-authenticate');

  it.each([
    ['no header', {}],
    ['an empty header', { authorization: '' }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['another scheme with the key', { authorization: `Token ${valid}` }],
    ['a scheme that only starts like ours', { authorization: `Bearer-x ${valid}` }],
    ['the bare key', { authorization: valid }],
  ])('is not even tried with %s, so the challenge names no error', async (_what, headers: Record<string, string>) => {
    const answer = await nobody.get('/opportunity', headers);
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toMatch(/^Bearer\b/);
    expect(challengeOf(answer)).not.toMatch(/\berror/);
    expect(withoutRequestId(answer)).toEqual(withoutRequestId(await nobody.get('/opportunity')));
  });

  it('is answered the same, whatever is wrong with it', async () => {
    const keys = [
      'abc',
      'sk_test_crm_',
      generateKey('test'),
      generateKey('live'),
      `${valid.slice(0, -1)}${valid.endsWith('0') ? '1' : '0'}`,
      await expiredKey(),
      await revokedKey(),
      'two words',
      'x'.repeat(5000),
    ];
    const answers = await Promise.all(keys.map((key) => service.clientAs(key).get('/opportunity')));
    const described = answers.map((answer) => ({ body: withoutRequestId(answer), challenge: challengeOf(answer) }));
    expect(described).toEqual(Array(keys.length).fill(described[0]));
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 401));
    expect(described[0]?.challenge).toMatch(/^Bearer\b.*\berror="invalid_token"/);
  });

  it.each(['/opportunity?access_token=KEY', '/opportunity?key=KEY', '/opportunity?api_key=KEY'])(
    'is what a good one in the URL amounts to: %s',
    async (path) => {
      expect((await nobody.get(path.replace('KEY', service.api.key ?? ''))).status).toBe(401);
    },
  );

  it('is what a good one in the body amounts to', async () => {
    const body = { ...minimal, access_token: service.api.key, api_key: service.api.key };
    expect((await nobody.post('/opportunity', body)).status).toBe(401);
    const form = `access_token=${service.api.key ?? ''}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await nobody.post('/opportunity', form, headers)).status).toBe(401);
  });
});

describe('a good key', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('is accepted whatever the case of the scheme: %s', async (scheme) => {
    const authorization = `${scheme} ${service.api.key ?? ''}`;
    expect((await nobody.get('/opportunity', { authorization })).status).toBe(200);
  });

  it('stops working when it is revoked, also while it is in use', async () => {
    const { client, id } = await keyed({});
    expect((await client.get('/opportunity')).status).toBe(200);
    await service.app.get(OperatorKeys).revoke(id);
    await untilRefused(client);
  });

  it('is looked up once for all requests of the moment, as each look takes a connection', async () => {
    const { url } = service.database;
    const client = await service.clientWith({});
    const look = vi.spyOn(service.app.get(OperatorKeys), 'findValid');
    const locker = new pg.Client({ connectionString: url });
    await locker.connect();
    await locker.query('begin; lock table api_key');
    const answers = Promise.all(Array.from({ length: 20 }, () => client.get('/opportunity')));
    await until(async () => (await lockWaiters(service.database)) > 0);
    await locker.query('commit');
    await locker.end();
    expect((await answers).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(look).toHaveBeenCalledTimes(1);
    look.mockRestore();
  });

  it('stops working when it expires, also while it is in use', async () => {
    const { client } = await keyed({ expiresAt: new Date(Date.now() + 1500) });
    expect((await client.get('/opportunity')).status).toBe(200);
    await untilRefused(client);
  });
});

describe('the scopes of a key', () => {
  /** One column of the matrix for each kind of caller; every route that is not public is a row. */
  const callers: [string, Scope[] | undefined][] = [
    ['without a key', undefined],
    ['with a key without scopes', []],
    ['with read', ['read']],
    ['with write', ['write']],
    ['with read and write', ['read', 'write']],
    ['with admin', ['admin']],
  ];

  it.each(callers)('let %s call what they include, and nothing else', async (_who, scopes) => {
    const client = scopes === undefined ? nobody : (await keyed({ scopes })).client;
    const routes = guardedRoutes();
    expect(routes).toEqual(expect.arrayContaining(documentedRoutes()));
    const answered = await statusesOf(client, routes);
    expect(answered.filter(({ status }) => status >= 500)).toEqual([]);
    expect(answered.map(({ status, ...route }) => ({ ...route, outcome: outcomeOf(status) }))).toEqual(
      routes.map((route) => ({ ...route, outcome: expectedOutcome(route, scopes) })),
    );
  });

  const outcomeOf = (status: number): string => (status === 401 || status === 403 ? String(status) : 'let in');

  function expectedOutcome(route: Route, scopes: Scope[] | undefined): string {
    if (scopes === undefined) return '401';
    const needed = SCOPES.indexOf(neededFor(route, scopesOfAdded()));
    return scopes.some((scope) => SCOPES.indexOf(scope) >= needed) ? 'let in' : '403';
  }

  /** Added resources say themselves what they need. */
  function scopesOfAdded(): ReadonlyMap<string, Scope> {
    const added = operationsOf(service.document).filter(isAdded);
    return new Map(
      added.map(({ method, path, scope }) => [`${method.toUpperCase()} ${asRoute(path)}`, scope as Scope]),
    );
  }

  function neededFor({ method, path }: Route, added: ReadonlyMap<string, Scope>): Scope {
    if (path === '/api/keys/current') return 'read';
    const scope = added.get(`${method} ${path}`);
    if (scope !== undefined) return scope;
    if (/^\/api\/(keys|webhook-endpoints)/.test(path) || path.endsWith('/erase')) return 'admin';
    // An import shows the rows of a file that others may not see.
    if (path.startsWith('/api/imports')) return 'write';
    return method === 'GET' || method === 'HEAD' ? 'read' : 'write';
  }

  it('are named in the refusal, which writes nothing', async () => {
    const { client } = await keyed({ scopes: ['read'] });
    const { status, headers, body } = await client.post('/opportunity', minimal);
    expect([status, body.error.type, body.error.code]).toEqual([403, 'permission_error', 'scope_insufficient']);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer\b.*\berror="insufficient_scope".*\bscope="write"/);
    expect((await client.get('/opportunity')).body.total).toBe(0);
  });
});

function asRoute(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function documentedRoutes(): Route[] {
  const ofApi = Object.entries(service.document.paths).filter(([path]) => path.startsWith('/api/'));
  return ofApi.flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: asRoute(path),
    })),
  );
}

function guardedRoutes(): Route[] {
  return registeredRoutes(service.app).filter(({ path }) => !PUBLIC.test(path));
}

/** Calls every route, with an id of nothing and, where a body may be sent, an empty one. */
async function statusesOf({ origin, key }: Client, routes: Route[]): Promise<(Route & { status: number })[]> {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  return Promise.all(
    routes.map(async ({ method, path }) => {
      const body = ['GET', 'HEAD', 'DELETE'].includes(method) ? {} : { body: '{}' };
      const url = origin + path.replaceAll(/:\w+/g, 'nothing');
      const response = await fetch(url, { method, headers, redirect: 'manual', ...body });
      await response.text();
      return { method, path, status: response.status };
    }),
  );
}

function withoutRequestId({ body }: Answer): Json {
  return { error: { ...body.error, request_id: undefined } };
}

async function keyed(key: Partial<NewKey>): Promise<{ client: Client; id: string }> {
  const wanted: NewKey = { workspace: 'default', name: 'test', scopes: ['read', 'write'], mode: 'test', ...key };
  const { id, secret } = await service.app.get(OperatorKeys).create(wanted);
  return { client: service.clientAs(secret), id };
}

async function expiredKey(): Promise<string> {
  const { client } = await keyed({ expiresAt: new Date(Date.now() - 1) });
  return client.key ?? '';
}

async function revokedKey(): Promise<string> {
  const { client, id } = await keyed({});
  await service.app.get(OperatorKeys).revoke(id);
  return client.key ?? '';
}

/** A key may be remembered for a second; the deadline is far beyond, so that only a key that never stops fails. */
async function untilRefused(client: Client): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const { status } = await client.get('/opportunity?limit=1');
    if (status === 401) return;
    expect(status).toBe(200);
    if (Date.now() > deadline) throw new Error('The key still works.');
  }
}

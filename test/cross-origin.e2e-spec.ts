import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { openPage, type OpenPage } from './support/browser.js';
import type { Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { exchange, parseAnswer } from './support/raw-http.js';
import { startService, type Service } from './support/service.js';

const OPPORTUNITY = '/api/crm/opportunity';
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

async function serve(environment: Record<string, string> = {}): Promise<Service> {
  const service = await startService(environment);
  stops.push(service.stop);
  return service;
}

const APP = 'https://app.example.com';
const PREFLIGHT = {
  'access-control-request-method': 'PATCH',
  'access-control-request-headers': 'authorization,content-type,if-match',
};

/** Every header that the service has said something about other origins with. */
function corsHeaders({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'));
}

describe('without CORS_ORIGINS', () => {
  it('no answer says anything of other origins, and a preflight is a method that no path takes', async () => {
    const service = await serve();
    const preflight = await fetch(service.origin + OPPORTUNITY, {
      method: 'OPTIONS',
      headers: { origin: APP, ...PREFLIGHT },
    });
    const read = await fetch(service.origin + OPPORTUNITY, { headers: { origin: APP } });
    expect([preflight.status, read.status]).toEqual([405, 401]);
    expect([...corsHeaders(preflight), ...corsHeaders(read)]).toEqual([]);
    expect(read.headers.get('vary')).toBe('Accept-Encoding');
  });
});

describe('with a list of origins', () => {
  let service: Service;
  beforeAll(async () => {
    service = await serve({ CORS_ORIGINS: `${APP}, http://localhost:5173`, RATE_LIMIT_REQUESTS: '1000' });
  });

  const call = (method: string, path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(service.origin + path, { method, headers, redirect: 'manual' });

  it('a preflight is answered without a key, for every path and method', async () => {
    for (const path of [OPPORTUNITY, `${OPPORTUNITY}/opportunity_abc123`, '/api/keys', '/nope', '/health/live']) {
      const answer = await call('OPTIONS', path, { origin: APP, ...PREFLIGHT });
      expect([answer.status, await answer.text()]).toEqual([204, '']);
      expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
      expect(answer.headers.get('access-control-allow-methods')?.split(', ')).toEqual(
        expect.arrayContaining(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
      );
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThan(0);
      expect(answer.headers.get('vary')).toBe('Accept-Encoding, Origin');
      expect(answer.headers.get('request-id')).toMatch(/^req_/);
    }
  });

  it('every kind of answer may be read by a page of the origin', async () => {
    const { id } = await createOpportunity(service.api);
    const key = { authorization: `Bearer ${service.api.key ?? ''}` };
    const reader = await service.clientWith({ scopes: ['read'], rateLimit: 1 });
    const limited = { authorization: `Bearer ${reader.key ?? ''}` };
    const statuses: number[] = [];
    for (const [method, path, headers] of [
      ['GET', OPPORTUNITY, key],
      ['GET', `${OPPORTUNITY}/${id}`, { ...key, 'if-none-match': '*' }],
      ['GET', `${OPPORTUNITY}?limit=0`, key],
      ['GET', `${OPPORTUNITY}/%zz`, key],
      ['GET', `${OPPORTUNITY}?q=%E4`, key],
      ['GET', '/openapi.json', {}],
      ['GET', OPPORTUNITY, {}],
      ['DELETE', `${OPPORTUNITY}/${id}`, limited],
      ['GET', OPPORTUNITY, limited],
      ['GET', `${OPPORTUNITY}/opportunity_abc123`, key],
      ['GET', '/nope', key],
      ['PUT', OPPORTUNITY, key],
      ['OPTIONS', OPPORTUNITY, key],
      ['POST', OPPORTUNITY, { ...key, 'content-type': 'text/plain' }],
    ] as const) {
      const answer = await call(method, path, { origin: APP, ...headers });
      await answer.arrayBuffer();
      statuses.push(answer.status);
      expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, APP]);
      expect(answer.headers.get('vary')).toBe('Accept-Encoding, Origin');
    }
    expect(statuses).toEqual([200, 304, 400, 400, 400, 200, 401, 403, 429, 404, 404, 405, 405, 415]);
  });

  it('the failure of the database may be read, too', async () => {
    await service.database.query('alter table opportunity rename to opportunity_away');
    try {
      const answer = await call('GET', OPPORTUNITY, { origin: APP, authorization: `Bearer ${service.api.key ?? ''}` });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([500, APP]);
    } finally {
      await service.database.query('alter table opportunity_away rename to opportunity');
    }
  });

  it.each(['https://evil.example.com', 'http://app.example.com', `${APP}:8443`, `${APP}.evil.example`, 'null', ''])(
    'the origin %j is told nothing',
    async (origin) => {
      const preflight = await call('OPTIONS', OPPORTUNITY, { origin, ...PREFLIGHT });
      const read = await call('GET', OPPORTUNITY, { origin });
      expect([preflight.status, read.status]).toEqual([405, 401]);
      expect([...corsHeaders(preflight), ...corsHeaders(read)]).toEqual([]);
      expect(read.headers.get('vary')).toBe('Accept-Encoding, Origin');
    },
  );

  it('a page reads every header that the document names, and sends every one', async () => {
    const answer = await call('OPTIONS', OPPORTUNITY, { origin: APP, ...PREFLIGHT });
    const listed = (name: string): string[] => answer.headers.get(name)?.toLowerCase().split(', ') ?? [];
    expect(listed('access-control-expose-headers')).toEqual(expect.arrayContaining(namesOf('headers')));
    expect(listed('access-control-allow-headers')).toEqual(
      expect.arrayContaining([
        ...namesOf('parameters'),
        'authorization',
        'content-type',
        'content-encoding',
        'traceparent',
      ]),
    );
  });

  /** The headers of all answers, or those of all requests, that the document names. */
  function namesOf(kind: 'headers' | 'parameters'): string[] {
    const { paths, components = {} } = service.document as Json;
    const found = new Set<string>();
    const visit = (value: Json): void => {
      if (typeof value !== 'object' || value === null) return;
      if (kind === 'headers') for (const name of Object.keys(value.headers ?? {})) found.add(name.toLowerCase());
      if (kind === 'parameters' && value.in === 'header') found.add(value.name.toLowerCase());
      Object.values(value).forEach(visit);
    };
    visit(paths);
    visit(kind === 'headers' ? components.responses : components.parameters);
    expect(found.size).toBeGreaterThan(3);
    return [...found];
  }

  it('a request whose path and host are wrong is answered in the same way as any', async () => {
    const answer = parseAnswer(
      await exchange(service.origin, `GET /%zz HTTP/1.1\r\nHost: x\r\nOrigin: ${APP}\r\nConnection: close\r\n\r\n`),
    );
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([400, APP]);
  });
});

it('with * every origin may call, and answers do not differ by origin', async () => {
  const service = await serve({ CORS_ORIGINS: '*' });
  for (const origin of ['https://any.example.com', 'null']) {
    const preflight = await fetch(service.origin + OPPORTUNITY, {
      method: 'OPTIONS',
      headers: { origin, ...PREFLIGHT },
    });
    const read = await fetch(service.origin + OPPORTUNITY, { headers: { origin } });
    expect([preflight.status, read.status]).toEqual([204, 401]);
    for (const { headers } of [preflight, read]) {
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('vary')).toBe('Accept-Encoding');
    }
  }
});

describe('in a browser', () => {
  const PAGE = '<!doctype html><title>Page</title>';
  let service: Service;
  let browser: OpenPage;
  let allowed: string;
  let stranger: string;
  beforeAll(async () => {
    [allowed, stranger] = [await servePage(), await servePage()];
    service = await serve({ CORS_ORIGINS: allowed });
    browser = await openPage(allowed);
    stops.push(browser.close);
  });

  async function servePage(): Promise<string> {
    const server: Server = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end(PAGE);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  interface Seen {
    status: number;
    etag: string | null;
    requestId: string | null;
    link: string | null;
    body: Json;
  }

  /** What a script on a page of the origin sees of an answer; the error's name if it sees nothing. */
  async function fetchFrom(origin: string, path: string, options: object): Promise<Seen | string> {
    await browser.page.goto(origin);
    return browser.page.evaluate(
      async ([url, init]) => {
        try {
          const { status, headers, json } = await fetch(url as string, init as object).then(async (answer) => ({
            status: answer.status,
            headers: answer.headers,
            json: await answer.json(),
          }));
          const [etag, requestId, link] = ['etag', 'request-id', 'link'].map((name) => headers.get(name));
          return { status, etag, requestId, link, body: json } as Seen;
        } catch (error) {
          return (error as Error).name;
        }
      },
      [service.origin + path, options],
    );
  }

  const withKey = (more: object = {}): object => ({
    authorization: `Bearer ${service.api.key ?? ''}`,
    'content-type': 'application/json',
    ...more,
  });

  it('a page of the origin creates, changes what it has seen, and lists', async () => {
    const { minimal } = await import('./support/fixtures.js');
    const body = JSON.stringify(minimal);
    const created = (await fetchFrom(allowed, OPPORTUNITY, {
      method: 'POST',
      headers: withKey({ 'idempotency-key': 'page' }),
      body,
    })) as Seen;
    expect([created.status, created.etag]).toEqual([201, '"1"']);
    expect(created.requestId).toMatch(/^req_/);
    const path = `${OPPORTUNITY}/${created.body.id}`;
    const change = { method: 'PATCH', headers: withKey({ 'if-match': created.etag }), body: '{"title":"x"}' };
    const changed = (await fetchFrom(allowed, path, change)) as Seen;
    expect([changed.status, changed.etag, changed.body.title]).toEqual([200, '"2"', 'x']);
    const stale = (await fetchFrom(allowed, path, change)) as Seen;
    expect([stale.status, stale.etag, stale.body.error.code]).toEqual([412, '"2"', 'precondition_failed']);
    await createOpportunity(service.api);
    const page = (await fetchFrom(allowed, `${OPPORTUNITY}?limit=1`, { headers: withKey() })) as Seen;
    expect([page.status, page.body.total, page.link]).toEqual([200, 2, expect.stringContaining('rel="next"')]);
  });

  it('and reads why it was refused', async () => {
    const refused = (await fetchFrom(allowed, OPPORTUNITY, { headers: { authorization: 'Bearer nope' } })) as Seen;
    expect([refused.status, refused.body.error.code]).toEqual([401, 'authentication_required']);
    expect(refused.requestId).toBe(refused.body.error.request_id);
  });

  it('a page of another origin can do nothing of it', async () => {
    const { total } = (await service.api.get('/opportunity')).body;
    expect(await fetchFrom(stranger, OPPORTUNITY, { headers: withKey() })).toBe('TypeError');
    expect(await fetchFrom(stranger, OPPORTUNITY, { method: 'POST', headers: withKey(), body: '{}' })).toBe(
      'TypeError',
    );
    expect(await fetchFrom(stranger, '/health/live', {})).toBe('TypeError');
    expect((await service.api.get('/opportunity')).body.total).toBe(total);
  });
});

import type { Json } from './support/client.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { exchange, parseAnswer, type RawAnswer } from './support/raw-http.js';
import { startService, type Service } from './support/service.js';

const OPPORTUNITY = '/api/crm/opportunity';
const ITEM = '/api/crm/opportunity-item';
const REASON = '/api/crm/opportunity-lost-reason-detail';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** What the bytes are answered with; undefined if that is nothing. */
async function raw(request: string): Promise<RawAnswer | undefined> {
  const received = await exchange(service.origin, request);
  return received === '' ? undefined : parseAnswer(received);
}

/** A request that would be good, but for what is put in. */
function request(line: string, { headers = [] as string[], host = 'Host: example.com', body = '' } = {}): string {
  const common = [host, `Authorization: Bearer ${service.api.key}`, 'Connection: close'];
  return [line, ...common.filter((header) => header !== ''), ...headers, '', body].join('\r\n');
}

const JSON_TYPE = 'Content-Type: application/json';
const text = JSON.stringify(minimal);

function expectError(answer: RawAnswer | undefined, status: number, code: string): Json {
  expect(answer?.status).toBe(status);
  expect(answer?.headers['content-type']).toMatch(/^application\/json/);
  const { error } = JSON.parse(answer?.body ?? '');
  expect(error).toMatchObject({ type: 'invalid_request_error', code });
  expect(error.request_id).toMatch(/^req_[0-9a-z]{26}$/);
  expect(answer?.headers['request-id']).toBe(error.request_id);
  expect(answer?.body).not.toMatch(/node_modules|\.[jt]s\b|\bat \w|FST_|HPE_|select |insert |\bPostgre/i);
  return error;
}

describe('what is not HTTP', () => {
  it('is answered when it is good, to show that the requests below are bad for one reason each', async () => {
    expect((await raw(request(`GET ${OPPORTUNITY} HTTP/1.1`)))?.status).toBe(200);
    const headers = [JSON_TYPE, `Content-Length: ${text.length}`];
    expect((await raw(request(`POST ${OPPORTUNITY} HTTP/1.1`, { headers, body: text })))?.status).toBe(201);
    const chunked = [JSON_TYPE, 'Transfer-Encoding: chunked'];
    const body = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    expect((await raw(request(`POST ${OPPORTUNITY} HTTP/1.1`, { headers: chunked, body })))?.status).toBe(201);
  });

  it.each([
    'GARBAGE',
    `GET ${OPPORTUNITY} HTTP/9.9`,
    `GET ${OPPORTUNITY} FTP/1.1`,
    `GET /a b HTTP/1.1`,
    `GET ${OPPORTUNITY}/\u0000 HTTP/1.1`,
    `GET ${OPPORTUNITY}/\u00e4 HTTP/1.1`,
    `FOO ${OPPORTUNITY} HTTP/1.1`,
    `get ${OPPORTUNITY} HTTP/1.1`,
    `PRI * HTTP/2.0`,
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
  ])('in the request line is a 400: %j', async (line) => {
    expectError(await raw(request(line)), 400, 'request_malformed');
  });

  it.each(['no colon', 'Na me: x', ': x', 'X: a\u0000b', 'X: a\u0001b', 'X: a\nY: b', ' X: folded'])(
    'in the headers is a 400: %j',
    async (header) => {
      expectError(await raw(request(`GET ${OPPORTUNITY} HTTP/1.1`, { headers: [header] })), 400, 'request_malformed');
    },
  );

  it('is a request without a Host', async () => {
    expectError(await raw(request(`GET ${OPPORTUNITY} HTTP/1.1`, { host: '' })), 400, 'request_malformed');
  });

  it.each([
    ['both a length and chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 2'], '2\r\n{}\r\n0\r\n\r\n'],
    ['two lengths', ['Content-Length: 2', 'Content-Length: 3'], '{} '],
    ['a negative length', ['Content-Length: -2'], '{}'],
    ['a length that is no number', ['Content-Length: two'], '{}'],
    ['a length past 64 bits', ['Content-Length: 99999999999999999999'], '{}'],
    ['an unknown coding', ['Transfer-Encoding: gzip'], '{}'],
    ['a chunk without a size', ['Transfer-Encoding: chunked'], '\r\n{}\r\n0\r\n\r\n'],
    ['a chunk whose size is no number', ['Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n'],
    ['a chunk longer than its size', ['Transfer-Encoding: chunked'], '1\r\n{}\r\n0\r\n\r\n'],
  ])('is a body of %s', async (_what, headers, body) => {
    const { total } = (await service.api.get('/opportunity')).body;
    const answer = await raw(request(`POST ${OPPORTUNITY} HTTP/1.1`, { headers: [JSON_TYPE, ...headers], body }));
    expectError(answer, 400, 'request_malformed');
    expect((await service.api.get('/opportunity')).body.total).toBe(total);
  });

  it.each([
    ['a header', `GET ${OPPORTUNITY} HTTP/1.1`, [`X: ${'x'.repeat(20_000)}`]],
    ['many headers', `GET ${OPPORTUNITY} HTTP/1.1`, Array.from({ length: 1500 }, (_, n) => `X-${n}: 0123456789`)],
    ['a path', `GET ${OPPORTUNITY}/${'x'.repeat(20_000)} HTTP/1.1`, []],
    ['a query', `GET ${OPPORTUNITY}?x=${'x'.repeat(20_000)} HTTP/1.1`, []],
  ])('is %s over the limit, a 431', async (_what, line, headers) => {
    expectError(await raw(request(line, { headers })), 431, 'headers_too_large');
  });

  it.each(['%', '%zz', '%E0%A4%A', '%ff', '%c0%80', '%ed%a0%80', 'opportunity_%'])(
    'is a path that cannot be decoded: %s',
    async (id) => {
      for (const line of [`GET ${OPPORTUNITY}/${id} HTTP/1.1`, `DELETE ${ITEM}/${id} HTTP/1.1`])
        expectError(await raw(request(line)), 400, 'request_malformed');
    },
  );

  it.each([
    ...[
      '%',
      '%2',
      '%zz',
      '%u00e9',
      '100%',
      '%FF',
      '%C3',
      '%C3%28',
      '%E0%A4%A',
      '%C0%AF',
      '%E0%80%AF',
      '%F8%88%80%80%80',
    ],
    ...['%ED%A0%80', '%ED%B0%80', '%ED%A0%BD%ED%B8%80', '%F4%90%80%80', '%80', '%FE%FF'],
  ])('is a query that cannot be decoded, wherever in it: %s', async (bad) => {
    const queries = [
      `title[contains]=${bad}`,
      `title=${bad}`,
      `q=a${bad}`,
      `${bad}=1`,
      `title[${bad}]=1`,
      `limit=1&${bad}`,
    ];
    for (const query of queries)
      expectError(await raw(request(`GET ${OPPORTUNITY}?${query} HTTP/1.1`)), 400, 'request_malformed');
    for (const line of [
      `GET ${OPPORTUNITY}/x?${bad}`,
      `DELETE ${ITEM}/x?a=${bad}`,
      `GET /nope?${bad}`,
      `GET /nope/${bad}`,
    ])
      expectError(await raw(request(`${line} HTTP/1.1`)), 400, 'request_malformed');
  });

  it.each([`title=caf\u00e9`, `title=\u00ff`, `\u00e9=1`])(
    'is a query with bytes that are not encoded: %j',
    async (query) => {
      expectError(await raw(request(`GET ${OPPORTUNITY}?${query} HTTP/1.1`)), 400, 'request_malformed');
    },
  );

  it('is no query that is encoded as it should be', async () => {
    const answer = await raw(request(`GET ${OPPORTUNITY}?title=%25%2B%C3%A9%F0%9F%94%A5+%e2%82%ac HTTP/1.1`));
    expect(answer?.status).toBe(200);
  });

  it('is an expectation that cannot be met', async () => {
    const headers = [JSON_TYPE, 'Expect: a-miracle', 'Content-Length: 2'];
    const answer = await raw(request(`POST ${OPPORTUNITY} HTTP/1.1`, { headers, body: '{}' }));
    expect(answer?.status).toBe(417);
    expect(answer?.headers['request-id']).toBe(JSON.parse(answer?.body ?? '').error.request_id);
  });

  it('is a tunnel, which is closed or refused', async () => {
    const answer = await raw(request('CONNECT example.com:443 HTTP/1.1'));
    if (answer) expect([400, 404, 405]).toContain(answer.status);
    expect((await service.api.get('/opportunity')).status).toBe(200);
  });

  it('does not stop the next request from being served', async () => {
    await Promise.all(['GARBAGE', 'GET', `GET ${OPPORTUNITY} HTTP/9.9`].map((line) => raw(request(line))));
    expect((await service.api.get('/opportunity')).status).toBe(200);
  });
});

describe('ids that name nothing', () => {
  it.each([
    ['with NUL', 'opportunity%00abc'],
    ['of NUL alone', '%00'],
    ['very long', 'x'.repeat(10_000)],
    ['with a slash', 'opportunity%2Fabc123'],
    ['with quotes', `'%20or%20''='`],
    ['with a percent sign', '%25'],
    ['of spaces', '%20%20'],
    ['of dots', '..%2f..%2fetc%2fpasswd'],
    ['in another script', '%E4%B8%96%E7%95%8C'],
    ['of a name every object has', '__proto__'],
  ])('are a 404: %s', async (_what, id) => {
    for (const path of [OPPORTUNITY, ITEM, REASON])
      for (const method of ['GET', 'DELETE'])
        expectError(await raw(request(`${method} ${path}/${id} HTTP/1.1`)), 404, 'resource_missing');
    const headers = [JSON_TYPE, 'Content-Length: 2'];
    const patch = await raw(request(`PATCH ${OPPORTUNITY}/${id} HTTP/1.1`, { headers, body: '{}' }));
    expectError(patch, 404, 'resource_missing');
  });
});

describe('routes', () => {
  it.each([
    '/nope',
    '/api',
    '/api/crm',
    '/api/crm/',
    '/api/crm/lead',
    `${OPPORTUNITY}s`,
    `${OPPORTUNITY}/a/b`,
    '/a%00b',
  ])('%s does not exist, whatever the method', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
      expectError(await raw(request(`${method} ${path} HTTP/1.1`)), 404, 'route_missing');
  });

  it.each([
    [OPPORTUNITY, ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'], 'GET, HEAD, POST'],
    [`${OPPORTUNITY}?limit=1`, ['PUT', 'OPTIONS'], 'GET, HEAD, POST'],
    [`${OPPORTUNITY}/opportunity_abc123`, ['POST', 'PUT', 'OPTIONS', 'TRACE'], 'DELETE, GET, HEAD, PATCH'],
    [ITEM, ['PUT', 'PATCH', 'DELETE', 'OPTIONS'], 'GET, HEAD, POST'],
    [`${ITEM}/opportunity-item_abc123`, ['POST', 'PUT', 'OPTIONS'], 'DELETE, GET, HEAD, PATCH'],
    [REASON, ['PUT', 'PATCH', 'DELETE', 'OPTIONS'], 'GET, HEAD, POST'],
    [`${REASON}/opportunity-lost-reason-detail_abc123`, ['POST', 'PUT', 'OPTIONS'], 'DELETE, GET, HEAD, PATCH'],
    ['/health/live', ['POST', 'OPTIONS'], 'GET, HEAD'],
    ['/openapi.json', ['DELETE'], 'GET, HEAD'],
    // Written otherwise, it is the same path.
    ['/api/crm/opp%6Frtunity', ['PUT'], 'GET, HEAD, POST'],
  ])('%s takes none of %j, and says what it takes', async (path, methods, allow) => {
    for (const method of methods) {
      const answer = await raw(request(`${method} ${path} HTTP/1.1`));
      expectError(answer, 405, 'method_not_allowed');
      expect(answer?.headers.allow?.split(', ').sort().join(', ')).toBe(allow);
    }
  });

  it('says of reorder that it takes POST, PUT and PATCH', async () => {
    const answer = await raw(request(`OPTIONS ${ITEM}/reorder HTTP/1.1`));
    expectError(answer, 405, 'method_not_allowed');
    expect(answer?.headers.allow?.split(', ')).toEqual(expect.arrayContaining(['PATCH', 'POST', 'PUT']));
  });

  it('answer HEAD like GET, without the body', async () => {
    const { id } = await createOpportunity(service.api);
    const item = await addItem(service.api, id);
    const reason = await addReason(service.api, id);
    for (const path of [
      OPPORTUNITY,
      `${OPPORTUNITY}/${id}`,
      `${ITEM}?parent_id=${id}`,
      `${ITEM}/${item.id}`,
      `${REASON}/${reason.id}`,
      `${OPPORTUNITY}/opportunity_abc123`,
      `${OPPORTUNITY}?limit=0`,
    ]) {
      const get = await raw(request(`GET ${path} HTTP/1.1`));
      const head = await raw(request(`HEAD ${path} HTTP/1.1`));
      expect([head?.status, head?.body]).toEqual([get?.status, '']);
      expect(head?.headers['content-length']).toBe(String(get?.body.length));
      expect(head?.headers['request-id']).toMatch(/^req_/);
    }
  });
});

describe('headers', () => {
  /** One request for each kind of answer: path, method, body, status. */
  const kinds: [string, string, string, string | undefined][] = [
    ['200', 'GET', OPPORTUNITY, undefined],
    ['201', 'POST', OPPORTUNITY, text],
    ['400 of a parameter', 'POST', OPPORTUNITY, '{}'],
    ['400 of the body', 'POST', OPPORTUNITY, '{'],
    ['400 of a query', 'GET', `${OPPORTUNITY}?limit=0`, undefined],
    ['400 of the path', 'GET', `${OPPORTUNITY}/%zz`, undefined],
    ['404 of an object', 'GET', `${OPPORTUNITY}/opportunity_abc123`, undefined],
    ['404 of a route', 'GET', '/api/crm/nope', undefined],
    ['405', 'PUT', OPPORTUNITY, undefined],
    ['413', 'POST', OPPORTUNITY, ' '.repeat(1_048_577)],
  ];

  const call = (method: string, path: string, body?: string, more: Record<string, string> = {}): Promise<Response> =>
    fetch(service.origin + path, {
      method,
      headers: { authorization: `Bearer ${service.api.key}`, 'content-type': 'application/json', ...more },
      ...(body !== undefined && { body }),
    });

  it.each(kinds)('name the request, forbid storing and guard the browser: %s', async (what, method, path, body) => {
    const answer = await call(method, path, body);
    expect(answer.status).toBe(Number(what.slice(0, 3)));
    const id = answer.headers.get('request-id');
    expect(id).toMatch(/^req_[0-9a-z]{26}$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain('default-src');
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(answer.headers.get('server')).toBeNull();
    const json = (await answer.json()) as Json;
    if (!answer.ok) expect(json.error.request_id).toBe(id);
  });

  it.each([
    ['no key', {}],
    ['a wrong key', { authorization: 'Bearer sk_test_nope' }],
  ])('do so for %s as well', async (_what, headers) => {
    const answer = await fetch(service.origin + OPPORTUNITY, { headers });
    expect(answer.status).toBe(401);
    const { error } = (await answer.json()) as Json;
    expect(error.request_id).toBe(answer.headers.get('request-id'));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  it.each(['/docs', '/openapi.json', '/health/live', '/health/ready', '/', '/nope'])(
    'name the request and guard the browser at %s',
    async (path) => {
      const answer = await fetch(service.origin + path, { redirect: 'manual' });
      expect(answer.headers.get('request-id')).toMatch(/^req_[0-9a-z]{26}$/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  it('give every request an id of its own, and take none from the client', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('GET', OPPORTUNITY, undefined, { 'request-id': 'req_mine' })),
    );
    const ids = new Set(answers.map(({ headers }) => headers.get('request-id')));
    expect(ids.size).toBe(20);
    expect(ids.has('req_mine')).toBe(false);
  });
});

describe('what goes wrong inside', () => {
  it('is a 500 that tells nothing but the id of the request', async () => {
    await service.database.query('alter table opportunity rename to opportunity_away');
    try {
      for (const answer of [
        await service.api.get('/opportunity'),
        await service.api.post('/opportunity', minimal),
        await service.api.delete('/opportunity/opportunity_abc123'),
      ]) {
        expect(answer.status).toBe(500);
        expect(answer.body.error).toMatchObject({ type: 'api_error', code: 'internal_error' });
        expect(answer.body.error.request_id).toBe(answer.headers.get('request-id'));
        expect(Object.keys(answer.body.error)).toEqual(['type', 'code', 'message', 'request_id']);
        expect(answer.text).not.toMatch(/opportunity_away|relation|select|insert|delete|\.[jt]s\b|node_modules/i);
      }
    } finally {
      await service.database.query('alter table opportunity_away rename to opportunity');
    }
    expect((await service.api.get('/opportunity')).status).toBe(200);
  });
});

describe('A body that an operation does not take', () => {
  it('is refused as documented when it is not JSON, or too large', async () => {
    const { id } = await createOpportunity(service.api);
    const plain = { 'content-type': 'text/plain', 'idempotency-key': 'plain-close' };
    const closed = await service.api.request('POST', `/opportunity/${id}/close`, { headers: plain, body: 'please' });
    expect(closed.status).toBe(415);
    const deleted = await service.api.request('DELETE', `/opportunity/${id}`, { body: 'x'.repeat(2 ** 20 + 1) });
    expect(deleted.status).toBe(413);
  });
});

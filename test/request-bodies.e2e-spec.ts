import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Json } from './support/client.js';
import { createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

interface Sent {
  status: number;
  headers: Headers;
  body: Json;
}

/** Sends bytes as the body. */
async function send(
  method: string,
  path: string,
  body?: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const authorization = `Bearer ${service.api.key ?? ''}`;
  const answer = await fetch(`${service.origin}/api/crm${path}`, {
    method,
    headers: { authorization, ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: new Uint8Array(body) }),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

const text = Buffer.from(JSON.stringify({ ...minimal, title: 'Żółw' }));
const post = (body: Uint8Array, headers?: Record<string, string>): Promise<Sent> =>
  send('POST', '/opportunity', body, headers);

describe('a compressed body', () => {
  it.each<[string, Buffer]>([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', text],
  ])('is understood in %s', async (coding, body) => {
    const answer = await post(body, { 'content-encoding': coding });
    expect([answer.status, answer.body.title]).toEqual([201, 'Żółw']);
  });

  it('may be as large as any, and no larger, once it is decompressed', async () => {
    const padded = (length: number): Buffer => gzipSync(text.toString() + ' '.repeat(length - text.length));
    expect((await post(padded(2 ** 20), { 'content-encoding': 'gzip' })).status).toBe(201);
    const { status, body } = await post(padded(2 ** 20 + 1), { 'content-encoding': 'gzip' });
    expect([status, body.error.code]).toEqual([413, 'body_too_large']);
  });

  it('that would expand to a thousand times its size is given up', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 26));
    expect(bomb.length).toBeLessThan(2 ** 17);
    expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it.each(['zstd', 'compress', 'gzip, gzip', 'br;q=1', ''])(
    'in %j is refused, and the answer says what would do',
    async (coding) => {
      const { status, headers, body } = await post(text, { 'content-encoding': coding });
      expect([status, body.error.code]).toEqual([415, 'media_type_unsupported']);
      expect(headers.get('accept-encoding')).toBe('gzip, deflate, br');
    },
  );

  it.each([
    ['is not what it says', text],
    ['is cut short', gzipSync(text).subarray(0, 30)],
    ['is another coding', deflateSync(text)],
  ])('that %s is refused as such', async (_what, body) => {
    const answer = await post(body, { 'content-encoding': 'gzip' });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'json_invalid']);
    expect(answer.body.error.message).toContain('gzip');
  });

  it('counts as the same request as the plain one', async () => {
    const headers = { 'idempotency-key': 'compressed' };
    const first = await post(gzipSync(text), { ...headers, 'content-encoding': 'gzip' });
    const again = await post(text, headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
  });
});

describe('the type of a body', () => {
  it.each([
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=us-ascii',
    'Application/JSON',
    'application/merge-patch+json',
    'application/merge-patch+json; charset=utf-8',
    'application/vnd.example.v1+json',
  ])('may be %s', async (type) => {
    const { id } = await createOpportunity(service.api);
    const answer = await send('PATCH', `/opportunity/${id}`, Buffer.from('{"title":"x"}'), { 'content-type': type });
    expect([answer.status, answer.body.title]).toEqual([200, 'x']);
  });

  it.each([
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-16',
    'application/a+json;charset=latin1',
  ])('is refused for its charset: %s', async (type) => {
    const { status, body } = await post(text, { 'content-type': type });
    expect([status, body.error.code]).toEqual([415, 'media_type_unsupported']);
    expect(body.error.message).toMatch(/^The body must be in UTF-8, not /);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'text/x+json'])(
    'is not %s',
    async (type) => {
      const { status, body } = await post(text, { 'content-type': type });
      expect([status, body.error.message]).toEqual([415, `The body must be application/json, not ${type}.`]);
    },
  );
});

describe('the text of a body', () => {
  it('may begin with a byte order mark', async () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text]);
    expect((await post(marked)).body.title).toBe('Żółw');
    expect((await post(gzipSync(marked), { 'content-encoding': 'gzip' })).body.title).toBe('Żółw');
  });

  it.each([
    ['two byte order marks', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf]), text]), 'JSON'],
    ['a byte that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'UTF-8'],
    ['UTF-16', Buffer.from(`\ufeff${text.toString()}`, 'utf16le'), 'UTF-8'],
  ])('is refused with %s', async (_what, body, reason) => {
    const answer = await post(body);
    expect([answer.status, answer.body.error.message]).toEqual([400, `The body is not valid ${reason}.`]);
  });
});

describe('a slash at the end of a path', () => {
  it('changes nothing of what is read and written', async () => {
    const created = await send('POST', '/opportunity/', text);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/api/crm/opportunity/${created.body.id}`);
    const path = `/opportunity/${created.body.id}`;
    expect((await send('GET', `${path}/`)).body).toEqual(created.body);
    expect((await send('GET', `${path}/?fields=title`)).body).toEqual({ title: 'Żółw' });
    expect((await send('PATCH', `${path}/`, Buffer.from('{"title":"x"}'))).body.title).toBe('x');
    await createOpportunity(service.api);
    const page = await send('GET', '/opportunity/?limit=1');
    expect(page.headers.get('link')).toContain('</api/crm/opportunity?limit=1&');
    expect((await send('DELETE', `${path}/`)).status).toBe(200);
  });

  it('leaves a method that the path does not take one', async () => {
    const { status, headers } = await send('PUT', '/opportunity/');
    expect([status, headers.get('allow')?.split(', ').toSorted()]).toEqual([405, ['GET', 'HEAD', 'POST']]);
  });

  it.each(['/opportunity//', '/opportunity//close', '//opportunity', '/Opportunity', '/OPPORTUNITY', '/'])(
    'is the only liberty: %s is not there',
    async (path) => {
      for (const sent of [await send('GET', path), await send('POST', path, Buffer.from('{"title":"x"}'))])
        expect([sent.status, sent.body.error.code]).toEqual([404, 'route_missing']);
    },
  );
});

import { gunzipSync } from 'node:zlib';
import type { Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { exchange } from './support/raw-http.js';
import { startService, type Service } from './support/service.js';

let service: Service;
/** An object whose answer is large, and one whose answer is small. */
let large: string;
let small: string;
beforeAll(async () => {
  service = await startService();
  const { id } = await createOpportunity(service.api, { items: Array.from({ length: 200 }, () => ({ qty: 2 })) });
  large = `/api/crm/opportunity/${id}?expand=items`;
  small = `/api/crm/opportunity/${id}`;
});
afterAll(() => service.stop());

interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
}

/** An answer as it is on the wire; fetch would unpack it. */
async function wire(method: string, path: string, acceptEncoding?: string, more: string[] = []): Promise<WireAnswer> {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: x',
    `Authorization: Bearer ${service.api.key ?? ''}`,
    'Connection: close',
    ...(acceptEncoding === undefined ? [] : [`Accept-Encoding: ${acceptEncoding}`]),
    ...more,
  ];
  const received = Buffer.from(await exchange(service.origin, `${lines.join('\r\n')}\r\n\r\n`), 'latin1');
  const end = received.indexOf('\r\n\r\n');
  const [line = '', ...headers] = received.subarray(0, end).toString().split('\r\n');
  const pairs = headers.map((header): [string, string] => {
    const at = header.indexOf(':');
    return [header.slice(0, at).toLowerCase(), header.slice(at + 1).trim()];
  });
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(pairs), bytes: received.subarray(end + 4) };
}

const json = (bytes: Buffer): Json => JSON.parse(bytes.toString());

it.each(['gzip', 'gzip, deflate, br', 'br;q=1, gzip;q=0.5', 'x-gzip', '*', 'identity;q=0, *', 'GZIP;Q=1.0'])(
  'a large answer is compressed for a client that takes %s',
  async (acceptEncoding) => {
    const plain = await wire('GET', large);
    const { status, headers, bytes } = await wire('GET', large, acceptEncoding);
    expect([status, headers['content-encoding'], headers['vary']]).toEqual([200, 'gzip', 'Accept-Encoding']);
    expect(headers['content-length']).toBe(String(bytes.length));
    expect(bytes.length).toBeLessThan(plain.bytes.length / 5);
    expect(gunzipSync(bytes)).toEqual(plain.bytes);
  },
);

it.each([
  undefined,
  '',
  'identity',
  'br, deflate, zstd',
  'gzip;q=0',
  'gzip;q=0, *',
  '*;q=0',
  'identity;q=0',
  'gzip;q=0.5, identity',
  'gzip;q=nonsense',
  'gzip;level=9',
  ';;,=',
])('and not for one that says %j', async (acceptEncoding) => {
  const { status, headers, bytes } = await wire('GET', large, acceptEncoding);
  expect([status, headers['content-encoding'], headers['vary']]).toEqual([200, undefined, 'Accept-Encoding']);
  expect(headers['etag']).toBe('"2"');
  expect(json(bytes).items).toHaveLength(200);
});

it('a small answer is not compressed', async () => {
  const { headers } = await wire('GET', small, 'gzip');
  expect([headers['content-encoding'], headers['vary'], headers['etag']]).toEqual([
    undefined,
    'Accept-Encoding',
    '"2"',
  ]);
});

it('the ETag of a compressed answer is weak, and is good for every condition', async () => {
  const { headers } = await wire('GET', large, 'gzip');
  const { etag = '' } = headers;
  expect(etag).toBe('W/"2"');
  const known = await wire('GET', large, 'gzip', [`If-None-Match: ${etag}`]);
  expect([known.status, known.bytes.length, known.headers['content-encoding']]).toEqual([304, 0, undefined]);
  const changed = await service.api.patch(small.replace('/api/crm', ''), {}, { 'if-match': etag });
  expect(changed.status).toBe(200);
});

it('HEAD tells the length of what GET would answer', async () => {
  for (const acceptEncoding of [undefined, 'gzip']) {
    const get = await wire('GET', large, acceptEncoding);
    const head = await wire('HEAD', large, acceptEncoding);
    expect(head.bytes).toHaveLength(0);
    for (const name of ['content-length', 'content-encoding', 'etag', 'vary'])
      expect([name, head.headers[name]]).toEqual([name, get.headers[name]]);
  }
});

it('a large error and the answer to a repetition are compressed as well', async () => {
  const items = Array.from({ length: 1000 }, (_none, index) => ({ [`unknown_${index}_${'x'.repeat(300)}`]: 1 }));
  const post = (body: object, key: string): Promise<Response> =>
    fetch(`${service.origin}/api/crm/opportunity`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${service.api.key ?? ''}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    });
  const refused = await post({ items }, 'refused');
  expect([refused.status, refused.headers.get('content-encoding')]).toEqual([400, 'gzip']);
  expect(((await refused.json()) as Json).error.errors).toHaveLength(100);
  const deal = {
    ...{ opportunity_from: 'Lead', party_name: 'x', company: 'x', transaction_date: '2024-01-15' },
    items: Array.from({ length: 200 }, () => ({ qty: 1 })),
  };
  const first = await post(deal, 'large');
  const again = await post(deal, 'large');
  expect([again.headers.get('idempotent-replayed'), again.headers.get('content-encoding')]).toEqual(['true', 'gzip']);
  expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
  expect(await again.text()).toBe(await first.text());
});

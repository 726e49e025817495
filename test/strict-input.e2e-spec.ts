import { operationsOf } from '../src/testing/operations.js';
import type { Answer, Json } from './support/client.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

const MIB = 1_048_576;

let service: Service;
let opportunityId: string;
let targets: Record<string, { create: string; update: string; body: object }>;
let before: unknown;

beforeAll(async () => {
  service = await startService();
  opportunityId = (await createOpportunity(service.api)).id;
  const item = await addItem(service.api, opportunityId);
  const reason = await addReason(service.api, opportunityId);
  const child = { opportunity_id: opportunityId };
  targets = {
    opportunity: { create: '/opportunity', update: `/opportunity/${opportunityId}`, body: minimal },
    item: { create: '/opportunity-item', update: `/opportunity-item/${item.id}`, body: child },
    reason: {
      create: '/opportunity-lost-reason-detail',
      update: `/opportunity-lost-reason-detail/${reason.id}`,
      body: { ...child, lost_reason: 'Price' },
    },
  };
  before = await everything();
});
afterAll(() => service.stop());

/** All rows of all resources: what a refused request must leave as it is. */
async function everything(): Promise<unknown> {
  const texts = ['opportunity', 'opportunity_item', 'opportunity_lost_reason_detail'].map((table) =>
    service.database.query(`select * from ${table} order by id`),
  );
  return Promise.all(texts);
}

const TEXT = 140;
const LONG_TEXT = 10_000;
const URL = 2048;

/** Every attribute of text: its resource, its name, its longest length. */
const TEXTS: [string, string, number][] = [
  ...[
    ...['opportunity_from', 'party_name', 'customer_name', 'title', 'opportunity_type', 'sales_stage'],
    ...['customer_address', 'territory', 'customer_group', 'contact_person', 'contact_mobile', 'company', 'language'],
    ...['no_of_employees', 'industry', 'market_segment', 'opportunity_owner', 'whatsapp', 'phone', 'phone_ext'],
    ...['job_title', 'city', 'state', 'country', 'utm_source', 'utm_campaign', 'utm_medium', 'utm_content'],
  ].map((name): [string, string, number] => ['opportunity', name, TEXT]),
  ['opportunity', 'order_lost_reason', LONG_TEXT],
  ['opportunity', 'address_display', LONG_TEXT],
  ['opportunity', 'contact_display', LONG_TEXT],
  ['opportunity', 'website', URL],
  ...['item_code', 'item_group', 'brand', 'uom', 'item_name'].map((name): [string, string, number] => [
    'item',
    name,
    TEXT,
  ]),
  ['item', 'description', LONG_TEXT],
  ['item', 'image', URL],
  ['item', 'image_view', URL],
  ['reason', 'lost_reason', TEXT],
];

/** Values, as JSON text, that nothing but text may not be; those of `IN_TEXT` are text that cannot be kept. */
const NO_TEXT = ['1', '0', 'true', 'false', '[]', '{}', '["x"]', '{"a":"b"}', '12345678901234567890'];
const IN_TEXT = ['"a\\u0000b"', '"\\u0000"', '"\\ud83d"', '"x\\ude00"', '"\\ude00\\ud83d"', '"\\ud83d\\ud83d\\ude00"'];
const NO_NUMBER = ['"12"', '""', '"x"', '"0x10"', 'true', 'false', '[]', '[1]', '{}', '"50%"', '"1e3"', '"NaN"'];
const OUT_OF_RANGE = [
  ...['1000000000000', '-1000000000000', '1e12', '1e400', '-1e400', '999999999999.9999999999'],
  ...['123456789012345678901234567890', '1234567890123456e300'],
];

const NUMBERS: [string, string, string[]][] = [
  ['opportunity', 'opportunity_amount', OUT_OF_RANGE],
  ['opportunity', 'annual_revenue', OUT_OF_RANGE],
  ['opportunity', 'conversion_rate', [...OUT_OF_RANGE, '0', '-0', '-1', '4e-10', '0.0000000000000000001', 'null']],
  [
    'opportunity',
    'probability',
    ['-1', '-1e-9', '101', '100.000000001', '100.0000000005000000001', '1e400', '-0.00000000050000000001', 'null'],
  ],
  [
    'opportunity',
    'first_response_time',
    ['-1', '1.5', '0.1', '2147483648', '1e400', '-1e400', '12345678901234567890', '1.00000000000000000001'],
  ],
  ['item', 'qty', [...OUT_OF_RANGE, '-1', '-1e-9', '-0.00000000050000000001', 'null']],
  ['item', 'rate', [...OUT_OF_RANGE, 'null']],
  ['item', 'idx', ['0', '-1', '1.5', '-1e400', '1.00000000000000000001', 'null']],
  ['reason', 'idx', ['0', '-1', '1.5', '-1e400', '1.00000000000000000001', 'null']],
];

const NO_DATES = [
  ...['2024-02-30', '2023-02-29', '1900-02-29', '2024-13-01', '2024-00-10', '2024-01-00', '2024-04-31', '0000-01-01'],
  ...['2024-W01', '2024-W01-1', '2024-015', '2024-1-5', '20240115', '2024-01', '2024', '24-01-15', '15.01.2024'],
  ...['01/15/2024', '2024/01/15', '2024-01-15T00:00:00Z', '2024-01-15T00:00:00.000Z', '2024-01-15 00:00', ''],
  ...[' 2024-01-15', '2024-01-15 ', '2024-01-15\n', '+002024-01-15', '-2024-01-15', '10000-01-01', 'today', 'infinity'],
  ...['２０２４-01-15', '2024‐01‐15', '2024-01-15\u0000'],
];

const NO_STATUSES = [
  'open',
  'OPEN',
  ' Open',
  'Open ',
  '',
  'Won',
  'constructor',
  '__proto__',
  'Open\u0000',
  'Lost,Open',
];
const NO_CURRENCIES = ['usd', 'Usd', 'US', 'USDX', 'ZZZ', '€', '$', '', ' USD', 'USD ', 'US\u0000', '840', 'ÜSD'];
const NO_ADDRESSES = [
  ...['x', 'x@', '@example.com', 'a b@example.com', 'a@b', 'a@example..com', 'a@@example.com', 'a@exa mple.com'],
  ...[
    'Robin <robin@example.com>',
    'a@example.com,b@example.com',
    'a@example.com\u0000',
    'a@example.com\n',
    '\ud800@b.co',
  ],
  `${'a'.repeat(64)}@${`${'b'.repeat(60)}.`.repeat(4)}com`,
];

const strings = (values: string[]): string[] => values.map((value) => JSON.stringify(value));

/** A body as JSON text, in which one attribute has a value that may be any JSON. */
function bodyWith(body: object, name: string, value: string): string {
  const { [name]: _replaced, ...rest } = body as Record<string, unknown>;
  return `${JSON.stringify(rest).replace(/}$/, Object.keys(rest).length > 0 ? ',' : '')}${JSON.stringify(name)}:${value}}`;
}

/** Sends each value on create and on update, and answers `what → status code param` of those not refused as they should be. */
async function notRefused(resource: string, name: string, values: string[]): Promise<string[]> {
  const { create = '', update = '', body = {} } = targets[resource] ?? {};
  const outcomes = values.flatMap((value) => [
    outcome(`POST ${value}`, service.api.post(create, bodyWith(body, name, value))),
    outcome(`PATCH ${value}`, service.api.patch(update, bodyWith({}, name, value))),
  ]);
  return (await Promise.all(outcomes)).filter((text) => !text.endsWith(`→ 400 parameter_invalid ${name} 1`));
}

async function outcome(what: string, pending: Promise<Answer>): Promise<string> {
  const { status, body } = await pending;
  const { code, param, errors } = body.error ?? {};
  return `${what.slice(0, 60)} → ${[status, code, param, errors?.length].join(' ')}`;
}

function refusal({ status, body }: Answer): unknown[] {
  return [status, body.error?.type, body.error?.code, body.error?.param];
}

const INVALID_JSON = [400, 'invalid_request_error', 'json_invalid', undefined];

/** Past the client, for bodies and headers it would not send. */
async function send(
  body: NonNullable<RequestInit['body']> | null,
  headers: Record<string, string>,
  path = '/opportunity',
): Promise<Answer> {
  const response = await fetch(`${service.origin}/api/crm${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.api.key}`, ...headers },
    body,
    ...({ duplex: 'half' } as object),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

describe('what is refused is not written:', () => {
  afterEach(async () => {
    expect(await everything()).toEqual(before);
  });

  describe('text', () => {
    it.each(TEXTS)('%s.%s', async (resource, name, max) => {
      const long = strings(['x'.repeat(max + 1), '😀'.repeat(max + 1), 'é'.repeat(max + 1)]);
      expect(await notRefused(resource, name, [...NO_TEXT, ...IN_TEXT, ...long])).toEqual([]);
    });

    it.each(['item', 'reason'])('%s.opportunity_id', async (resource) => {
      expect(await notRefused(resource, 'opportunity_id', [...NO_TEXT, ...IN_TEXT, 'null'])).toEqual([]);
    });
  });

  describe('numbers', () => {
    it.each(NUMBERS)('%s.%s', async (resource, name, values) => {
      expect(await notRefused(resource, name, [...NO_NUMBER, ...values])).toEqual([]);
    });
  });

  describe('dates', () => {
    it.each([
      ['transaction_date', ['null']],
      ['expected_closing', []],
    ])('%s', async (name, more) => {
      expect(await notRefused('opportunity', name, [...strings(NO_DATES), ...NO_TEXT, ...more])).toEqual([]);
    });
  });

  describe('words and addresses', () => {
    it.each([
      ['status', NO_STATUSES],
      ['currency', NO_CURRENCIES],
      ['contact_email', NO_ADDRESSES],
    ])('%s', async (name, values) => {
      expect(await notRefused('opportunity', name, [...strings(values), ...NO_TEXT])).toEqual([]);
    });
  });

  describe('keys', () => {
    it.each([
      ...['foo', '', 'Title', 'title ', 'title\u0000', 'workspace_id', 'opportunity_items', 'expand', 'deleted'],
      ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'opportunity[0]'],
    ])('%j is unknown to all resources', async (name) => {
      for (const { create, update, body } of Object.values(targets))
        for (const value of ['1', 'null', '{"title":"x","isAdmin":true}'])
          for (const answer of [
            await service.api.post(create, bodyWith(body, name, value)),
            await service.api.patch(update, bodyWith({}, name, value)),
          ])
            expect(refusal(answer)).toEqual([400, 'invalid_request_error', 'parameter_unknown', name]);
      expect(({} as Json).isAdmin).toBeUndefined();
    });

    it.each(['conversion_rate', 'opportunity', 'created_at', 'updated_at'])('%s is unknown to items', async (name) => {
      const answer = await service.api.patch(targets.item?.update ?? '', { [name]: 1 });
      expect(refusal(answer)).toEqual([400, 'invalid_request_error', 'parameter_unknown', name]);
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
  });

  describe('what is not JSON', () => {
    it.each([
      ...['', ' ', '{', '}', '{"title":}', "{'title':'x'}", '{title:"x"}', '{"title":"x",}', '{"title":"x"} {}', 'a=b'],
      ...['undefined', 'NaN', '/* x */ {}', '{"title":"a\nb"}', '{"title":"\\x41"}', '{"title":"\\ud83"}', '{"a":1'],
      ...[
        'NaN',
        'Infinity',
        '-Infinity',
        '01',
        '.5',
        '5.',
        '+1',
        '0x10',
        '1_000',
        '--1',
        '1e',
        '1234567890123456.',
      ].map((value) => `{"opportunity_amount":${value}}`),
      '{"opportunity_amount":12345678901234567890,"title":}',
    ])('%j', async (text) => {
      expect(refusal(await service.api.post('/opportunity', text))).toEqual(INVALID_JSON);
      expect(refusal(await service.api.patch(`/opportunity/${opportunityId}`, text))).toEqual(INVALID_JSON);
    });

    it.each(['[]', '[{}]', 'null', '"title"', '1', '12345678901234567890', 'true'])(
      'or not an object: %s',
      async (text) => {
        for (const { create, update } of Object.values(targets)) {
          expect(refusal(await service.api.post(create, text))).toEqual(INVALID_JSON);
          expect(refusal(await service.api.patch(update, text))).toEqual(INVALID_JSON);
        }
        expect(refusal(await service.api.post('/opportunity-item/reorder', text))).toEqual(INVALID_JSON);
      },
    );

    it('or absent', async () => {
      expect(refusal(await send(null, {}))).toEqual(INVALID_JSON);
      expect(refusal(await send(null, { 'content-type': 'application/json' }))).toEqual(INVALID_JSON);
    });

    it.each([5_000, 100_000])('or %i levels deep', async (depth) => {
      const arrays = '['.repeat(depth) + ']'.repeat(depth);
      const objects = '{"title":'.repeat(depth) + '1' + '}'.repeat(depth);
      for (const text of [
        bodyWith(minimal, 'title', arrays),
        bodyWith(minimal, 'title', objects),
        bodyWith(minimal, 'unknown', arrays),
        // With a number for which the text is read a second time.
        bodyWith({}, 'title', `[12345678901234567890,${arrays}]`),
        arrays,
        objects,
      ]) {
        expect(refusal(await service.api.post('/opportunity', text))).toEqual(INVALID_JSON);
        expect(refusal(await service.api.patch(`/opportunity/${opportunityId}`, text))).toEqual(INVALID_JSON);
      }
    });

    it.each([
      ['a byte that never occurs', [0xff]],
      ['NUL in two bytes', [0xc0, 0x80]],
      ['a surrogate in three bytes', [0xed, 0xa0, 0x80]],
      ['a character cut short', [0xe2, 0x82]],
      ['a character past U+10FFFF', [0xf5, 0x80, 0x80, 0x80]],
    ])('or not UTF-8: %s', async (_what, bytes) => {
      const [start = '', end = ''] = bodyWith(minimal, 'title', '"a|b"').split('|');
      const body = Buffer.concat([Buffer.from(start), Buffer.from(bytes), Buffer.from(end)]);
      const json = { 'content-type': 'application/json' };
      const whole = await send(body, json);
      const chunked = await send(new Blob([body]).stream(), json);
      // Gone again at once, so that a failure here does not make the other tests fail.
      for (const { body: created } of [whole, chunked])
        if (created.id) await service.api.delete(`/opportunity/${created.id}`);
      expect(refusal(whole)).toEqual(INVALID_JSON);
      expect(refusal(chunked)).toEqual(INVALID_JSON);
    });
  });

  describe('bodies', () => {
    const tooLarge = [413, 'invalid_request_error', 'body_too_large', undefined];
    const padded = (body: object, bytes: number): string => JSON.stringify(body).padEnd(bytes);

    it('larger than 1 MiB', async () => {
      for (const { create, update, body } of Object.values(targets)) {
        expect(refusal(await service.api.post(create, padded(body, MIB + 1)))).toEqual(tooLarge);
        expect(refusal(await service.api.patch(update, padded({}, MIB + 1)))).toEqual(tooLarge);
      }
      const reorder = padded({ parent_id: opportunityId, ids: [] }, MIB + 1);
      expect(refusal(await service.api.post('/opportunity-item/reorder', reorder))).toEqual(tooLarge);
    });

    it('larger than 1 MiB without a length in advance', async () => {
      const body = new Blob([padded(minimal, MIB + 1)]).stream();
      expect(refusal(await send(body, { 'content-type': 'application/json' }))).toEqual(tooLarge);
    });

    it.each([
      ...['text/plain', 'text/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'json'],
      ...['application/xml', 'application/jsonp', 'application/json-patch+json', '*/*'],
    ])('of media type %s', async (type) => {
      const unsupported = [415, 'invalid_request_error', 'media_type_unsupported', undefined];
      const headers = { 'content-type': type };
      for (const { create, update, body } of Object.values(targets)) {
        expect(refusal(await service.api.post(create, body, headers))).toEqual(unsupported);
        expect(refusal(await service.api.patch(update, {}, headers))).toEqual(unsupported);
      }
    });

    it('of no media type', async () => {
      const answer = await send(Buffer.from(JSON.stringify(minimal)), {});
      expect(refusal(answer)).toEqual([415, 'invalid_request_error', 'media_type_unsupported', undefined]);
    });
  });
});

describe('at the limit,', () => {
  it.each(TEXTS)('%s.%s takes its full length, counted in code points', async (resource, name, max) => {
    const { create = '', body = {} } = targets[resource] ?? {};
    for (const value of ['x'.repeat(max), '😀'.repeat(max)]) {
      const answer = await service.api.post(create, { ...body, [name]: value });
      expect([answer.status, answer.body[name]]).toEqual([201, value]);
      const patched = await service.api.patch(`${create}/${answer.body.id}`, { [name]: value });
      expect([patched.status, patched.body[name]]).toEqual([200, value]);
    }
  });

  it.each([
    ['probability', 0],
    ['probability', 100],
    ['probability', 0.000000001],
    ['first_response_time', 0],
    ['first_response_time', 2147483647],
    ['conversion_rate', 0.000000001],
    ['annual_revenue', -1],
    ['annual_revenue', 0],
    ['transaction_date', '0001-01-01'],
    ['transaction_date', '2024-02-29'],
    ['transaction_date', '2000-02-29'],
    ['expected_closing', '9999-12-31'],
    ['currency', 'JPY'],
    // The newest, and some that old deals were made in.
    ...['XCG', 'ZWG', 'XAD', 'BGN', 'HRK', 'CUC', 'SLL', 'DEM'].map((code) => ['currency', code] as [string, string]),
    ['contact_email', 'robin+crm@sub.example.co.uk'],
    ['title', ''],
    ['title', '\u0001\u007f\ufffe\u{10ffff}'],
  ])('%s may be %j', async (name, value) => {
    expect((await createOpportunity(service.api, { [name]: value }))[name]).toBe(value);
  });

  it('a body may have 1 MiB', async () => {
    expect((await service.api.post('/opportunity', JSON.stringify(minimal).padEnd(MIB))).status).toBe(201);
  });

  it('the smallest excess is refused as one parameter, even in the largest body', async () => {
    const text = bodyWith({ ...minimal, title: 'x'.repeat(1_000_000) }, 'opportunity_amount', '1234567890123456');
    const { status, body } = await service.api.post('/opportunity', text);
    expect(status).toBe(400);
    expect(body.error.errors.map(({ param }: Json) => param)).toEqual(['title', 'opportunity_amount']);
  });

  it.each([
    ...['application/json', 'application/json; charset=utf-8', 'application/json;charset=UTF-8', 'APPLICATION/JSON'],
    ...['application/json; charset="utf-8"', 'application/json ; charset=utf-8', 'Application/Json;  Charset=Utf-8'],
  ])('a body may be of media type %s', async (type) => {
    const { status, body } = await service.api.post(
      '/opportunity',
      { ...minimal, title: 'é' },
      { 'content-type': type },
    );
    expect([status, body.title]).toEqual([201, 'é']);
  });
});

describe('a query parameter that an operation does not know', () => {
  it.each(['POST', 'GET', 'PATCH', 'DELETE'])('is refused by name, and %s does nothing', async (method) => {
    for (const { create, body } of Object.values(targets)) {
      const { body: fresh } = await service.api.post(create, body);
      const rows = await everything();
      const path = method === 'POST' ? create : `${create}/${fresh.id}`;
      const sent = { POST: body, PATCH: {} }[method];
      const answer = await service.api.request(method, `${path}?foo=1`, { ...(sent && { body: sent }) });
      expect([create, ...refusal(answer)]).toEqual([create, 400, 'invalid_request_error', 'parameter_unknown', 'foo']);
      expect(await everything()).toEqual(rows);
    }
  });
});

it('a body of an operation that takes none is refused, and an empty one is not', async () => {
  const { key } = await service.clientWith({ scopes: ['admin'] });
  const send = async (path: string, body: string): Promise<string> => {
    const headers = { authorization: `Bearer ${key ?? ''}`, 'content-type': 'application/json' };
    return (await fetch(service.origin + path, { method: 'POST', headers, body })).text();
  };
  const actions = operationsOf(service.document).filter(({ method, takesBody }) => method === 'post' && !takesBody);
  expect(actions.length).toBeGreaterThan(5);
  for (const { path } of actions) {
    const target = path.replaceAll(/\{\w+\}/g, 'nothing');
    const { error } = JSON.parse(await send(target, '{"colour":"red"}'));
    expect([path, error.code, error.param]).toEqual([path, 'parameter_unknown', 'colour']);
    for (const body of ['[]', '[{"colour":"red"}]', '"x"', '5', 'true'])
      expect([path, body, JSON.parse(await send(target, body)).error.code]).toEqual([path, body, 'json_invalid']);
    expect(await send(target, '{}')).not.toContain('parameter_unknown');
  }
});

it('takes null for no body where none is needed', async () => {
  const { id } = (await service.api.post('/opportunity', minimal)).body;
  expect((await service.api.post(`/opportunity/${id}/close`, null)).status).toBe(200);
  expect((await service.api.post('/opportunity', null)).body.error.code).toBe('json_invalid');
});

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

  it('are listed up to a hundred, whichever part of the request they are in', async () => {
    const query = Array.from({ length: 60 }, (_, n) => `a${n}=1`).join('&');
    const body = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`b${n}`, 1]));
    const { error } = (await service.api.post(`/opportunity?${query}`, { ...minimal, ...body })).body;
    expect(error.errors).toHaveLength(100);
    expect(error.message).toContain('The first 100 of 120 failing parameters are listed.');
  });
});

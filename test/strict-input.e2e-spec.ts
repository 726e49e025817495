import type { Answer, Json } from './support/client.js';
import { createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';
import { bodyWith, everyRow, refusal, writeTargets, type WriteTarget } from './support/write-targets.js';

let service: Service;
let targets: Record<string, WriteTarget>;
let before: unknown;

beforeAll(async () => {
  service = await startService();
  targets = await writeTargets(service);
  before = await everyRow(service);
});
afterAll(() => service.stop());

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

describe('refuses a value and writes nothing of it:', () => {
  afterEach(async () => {
    expect(await everyRow(service)).toEqual(before);
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

  it('the smallest excess is refused as one parameter, even in the largest body', async () => {
    const text = bodyWith({ ...minimal, title: 'x'.repeat(1_000_000) }, 'opportunity_amount', '1234567890123456');
    const { status, body } = await service.api.post('/opportunity', text);
    expect(status).toBe(400);
    expect(body.error.errors.map(({ param }: Json) => param)).toEqual(['title', 'opportunity_amount']);
  });
});

describe('a query parameter that an operation does not know', () => {
  it.each(['POST', 'GET', 'PATCH', 'DELETE'])('is refused by name, and %s does nothing', async (method) => {
    for (const { create, body } of Object.values(targets)) {
      const { body: fresh } = await service.api.post(create, body);
      const rows = await everyRow(service);
      const path = method === 'POST' ? create : `${create}/${fresh.id}`;
      const sent = { POST: body, PATCH: {} }[method];
      const answer = await service.api.request(method, `${path}?foo=1`, { ...(sent && { body: sent }) });
      expect([create, ...refusal(answer)]).toEqual([create, 400, 'invalid_request_error', 'parameter_unknown', 'foo']);
      expect(await everyRow(service)).toEqual(rows);
    }
  });
});

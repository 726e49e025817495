import { operationsOf } from '../src/testing/operations.js';
import type { Answer } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';
import { bodyWith, everyRow, refusal, writeTargets, type WriteTarget } from './support/write-targets.js';

const MIB = 1_048_576;

let service: Service;
let targets: Record<string, WriteTarget>;
let before: unknown;

beforeAll(async () => {
  service = await startService();
  targets = await writeTargets(service);
  before = await everyRow(service);
});
afterAll(() => service.stop());

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

describe('refuses a body and writes nothing of it', () => {
  afterEach(async () => {
    expect(await everyRow(service)).toEqual(before);
  });

  describe('if it is not JSON:', () => {
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
      expect(refusal(await service.api.patch(targets.opportunity?.update ?? '', text))).toEqual(INVALID_JSON);
    });

    it.each(['[]', '[{}]', 'null', '"title"', '1', '12345678901234567890', 'true'])(
      'not an object: %s',
      async (text) => {
        for (const { create, update } of Object.values(targets)) {
          expect(refusal(await service.api.post(create, text))).toEqual(INVALID_JSON);
          expect(refusal(await service.api.patch(update, text))).toEqual(INVALID_JSON);
        }
        expect(refusal(await service.api.post('/opportunity-item/reorder', text))).toEqual(INVALID_JSON);
      },
    );

    it('absent', async () => {
      expect(refusal(await send(null, {}))).toEqual(INVALID_JSON);
      expect(refusal(await send(null, { 'content-type': 'application/json' }))).toEqual(INVALID_JSON);
    });

    it.each([5_000, 100_000])('%i levels deep', async (depth) => {
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
        expect(refusal(await service.api.patch(targets.opportunity?.update ?? '', text))).toEqual(INVALID_JSON);
      }
    });

    it.each([
      ['a byte that never occurs', [0xff]],
      ['NUL in two bytes', [0xc0, 0x80]],
      ['a surrogate in three bytes', [0xed, 0xa0, 0x80]],
      ['a character cut short', [0xe2, 0x82]],
      ['a character past U+10FFFF', [0xf5, 0x80, 0x80, 0x80]],
    ])('not UTF-8: %s', async (_what, bytes) => {
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

  describe('if it is', () => {
    const tooLarge = [413, 'invalid_request_error', 'body_too_large', undefined];
    const padded = (body: object, bytes: number): string => JSON.stringify(body).padEnd(bytes);

    it('larger than 1 MiB', async () => {
      for (const { create, update, body } of Object.values(targets)) {
        expect(refusal(await service.api.post(create, padded(body, MIB + 1)))).toEqual(tooLarge);
        expect(refusal(await service.api.patch(update, padded({}, MIB + 1)))).toEqual(tooLarge);
      }
      const reorder = padded({ parent_id: 'opportunity_1', ids: [] }, MIB + 1);
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

it('a body may have 1 MiB', async () => {
  expect((await service.api.post('/opportunity', JSON.stringify(minimal).padEnd(MIB))).status).toBe(201);
});

it.each([
  ...['application/json', 'application/json; charset=utf-8', 'application/json;charset=UTF-8', 'APPLICATION/JSON'],
  ...['application/json; charset="utf-8"', 'application/json ; charset=utf-8', 'Application/Json;  Charset=Utf-8'],
])('a body may be of media type %s', async (type) => {
  const { status, body } = await service.api.post('/opportunity', { ...minimal, title: 'é' }, { 'content-type': type });
  expect([status, body.title]).toEqual([201, 'é']);
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

import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'lossless-json';
import { Webhook } from 'standardwebhooks';
import { Crm, CrmConnectionError, CrmWebhookError, unwrap } from '../client/src/index.js';
import { Calls } from '../client/src/resource.js';
import { isAdded } from './support/of-modules.js';

/* What the client does by itself, without a service: a `fetch` of the test responds, at the time of a clock of the test. */

describe('the methods', () => {
  type Call = (...parameters: unknown[]) => unknown;
  type Operations = Record<string, { operationId: string; tags: [string] }>;

  /** What each kind of object has of its own, beside what makes these methods. */
  function methodsOf(group: Calls): string[] {
    const names = Object.keys(group);
    for (let level = Object.getPrototypeOf(group) as object; level !== Calls.prototype;) {
      names.push(...Object.getOwnPropertyNames(level).filter((name) => name !== 'constructor'));
      level = Object.getPrototypeOf(level) as object;
    }
    return names.filter((name) => typeof group[name as never] === 'function');
  }

  it('are one for each operation of the API document, except the checks of health', async () => {
    const document = JSON.parse(await readFile('openapi.json', 'utf8')) as { paths: Record<string, Operations> };
    // A path without a parameter goes before one with a parameter.
    const paths = Object.entries(document.paths).sort(
      ([one], [other]) => one.split('{').length - other.split('{').length,
    );
    const called = new Set<string | undefined>();
    const answer: typeof fetch = (input, init) => {
      const { pathname } = new URL((input as URL).href);
      const [, operations] =
        paths.find(([path]) => new RegExp(`^${path.replaceAll(/{\w+}/g, '[^/]+')}$`).test(pathname)) ?? [];
      called.add(operations?.[init?.method?.toLowerCase() ?? '']?.operationId);
      return Promise.resolve(new Response('{}'));
    };
    const crm = new Crm({ url: 'http://crm.test', key: 'k', fetch: answer });
    for (const group of Object.values(crm as object).filter((each) => each instanceof Calls))
      for (const name of methodsOf(group))
        for (const format of ['csv', 'ndjson']) await (group[name as never] as Call)('a/b', format);
    const documented = paths.flatMap(([, operations]) =>
      Object.values(operations).flatMap(({ operationId, tags: [tag] }) => (isAdded({ tag }) ? [] : operationId)),
    );
    const ofHealth = ['getLiveness', 'getReadiness'];
    expect([...called].sort()).toEqual(documented.filter((id) => !ofHealth.includes(id)).sort());
  });
});

describe('repeated requests', () => {
  let attempts: number;
  let respond: (init: RequestInit) => Promise<Response>;
  const crm = new Crm({
    url: 'http://crm.test',
    key: 'k',
    fetch: (_input, init = {}) => {
      attempts++;
      return respond(init);
    },
  });

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-01-01T00:00:00Z'), toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    attempts = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const failing = (status: number, retryAfter?: string) => () =>
    Promise.resolve(
      new Response(null, { status, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } }),
    );

  const hanging = ({ signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });

  const toError = (error: unknown): unknown => error;

  it.each([
    ['half a second', undefined, 500],
    ['the seconds of Retry-After, however many', '3600', 3_600_000],
    ['a part of a second', '0.5', 500],
    ['the time until the date of Retry-After', 'Thu, 01 Jan 2026 00:02:00 GMT', 120_000],
    ['half a second when the date is past', 'Wed, 31 Dec 2025 23:00:00 GMT', 500],
    ['half a second when it is neither', 'soon', 500],
  ])('come after %s, and at most a quarter longer', async (_name, retryAfter, pause) => {
    respond = failing(429, retryAfter);
    for (const [random, longer] of [
      [0, 1],
      [1, 1.25],
    ] as const) {
      vi.spyOn(Math, 'random').mockReturnValue(random);
      attempts = 0;
      const refused = crm.opportunities.retrieve('opportunity_x', {}, { maxRetries: 1 }).catch(toError);
      await vi.advanceTimersByTimeAsync(pause * longer - 1);
      expect(attempts).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(attempts).toBe(2);
      await refused;
      vi.setSystemTime(new Date('2026-01-01T00:00:00Z'));
    }
  });

  it('come after twice the time of the one before, up to a minute', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    respond = failing(503);
    const refused = crm.opportunities.retrieve('opportunity_x', {}, { maxRetries: 9 }).catch(String);
    for (const pause of [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      const before = attempts;
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(attempts).toBe(before);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect([attempts, await refused]).toEqual([10, expect.stringContaining('503')]);
  });

  it('come after a timeout, which ends each attempt', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    respond = hanging;
    const refused = crm.opportunities.retrieve('opportunity_x', {}, { maxRetries: 1, timeout: 5_000 }).catch(toError);
    await vi.advanceTimersByTimeAsync(5_000 + 499);
    expect(attempts).toBe(1);
    await vi.advanceTimersByTimeAsync(1 + 4_999);
    expect([attempts, vi.getTimerCount()]).toEqual([2, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await refused).toBeInstanceOf(CrmConnectionError);
    expect(await refused).toMatchObject({ message: expect.stringContaining('longer than 5000 ms') as string });
  });

  it('do not come when the caller has ended the request, neither in an attempt nor in a pause', async () => {
    for (const [response, time] of [
      [hanging, 0],
      [failing(503), 400],
    ] as const) {
      respond = response;
      attempts = 0;
      const controller = new AbortController();
      const ended = crm.opportunities.list({}, { signal: controller.signal }).then(undefined, toError);
      await vi.advanceTimersByTimeAsync(time);
      controller.abort(new Error('enough'));
      expect(await ended).toEqual(new Error('enough'));
      expect([attempts, vi.getTimerCount()]).toEqual([1, 0]);
    }
  });

  it('do not come for a file that has begun, however long it takes', async () => {
    const { readable, writable } = new TransformStream<string, string>();
    const writer = writable.getWriter();
    respond = ({ signal }) => {
      signal?.addEventListener('abort', () => void writer.abort(signal.reason));
      return Promise.resolve(new Response(readable.pipeThrough(new TextEncoderStream())));
    };
    const file = (await crm.opportunities.export({}, { timeout: 5_000 })).text();
    await vi.advanceTimersByTimeAsync(60_000);
    await writer.write('title\r\n');
    await writer.close();
    expect([await file, attempts]).toEqual(['title\r\n', 1]);
  });

  const AGAIN = ['408', '429', '409 conflict', '409 idempotency_key_in_use'];
  const UNKNOWN = ['no response', '500', '502', '503'];
  const FINAL = ['400', '401', '403', '404', '412', '409 idempotency_key_reused'];

  it.each([
    ['retrieve', [...AGAIN, ...UNKNOWN], () => crm.opportunities.retrieve('x')],
    ['create', [...AGAIN, ...UNKNOWN], () => crm.opportunities.create({} as never)],
    ['update', [...AGAIN, ...UNKNOWN], () => crm.opportunities.update('x', {})],
    ['put', [...AGAIN, ...UNKNOWN], () => crm.opportunities.put('x', {})],
    ['delete', [...AGAIN, ...UNKNOWN], () => crm.opportunities.delete('x')],
    ['update of a version', AGAIN, () => crm.opportunities.update('x', {}, { ifMatch: '"1"' })],
    ['put of a version', AGAIN, () => crm.opportunities.put('x', {}, { ifMatch: '"1"' })],
    ['deletion of a version', AGAIN, () => crm.opportunities.delete('x', { ifMatch: '"1"' })],
    ['action of a version', [...AGAIN, ...UNKNOWN], () => crm.opportunities.convert('x', { ifMatch: '"1"' })],
  ] as [string, string[], () => Promise<unknown>][])(
    'come for each %s that may be done again',
    async (_name, repeated, call) => {
      const found: string[] = [];
      for (const failure of [...AGAIN, ...UNKNOWN, ...FINAL]) {
        const [status, code] = failure.split(' ');
        attempts = 0;
        respond = () =>
          failure === 'no response'
            ? Promise.reject(new TypeError('fetch failed'))
            : Promise.resolve(new Response(JSON.stringify({ error: { code } }), { status: Number(status) }));
        const settled = call().catch(toError);
        await vi.runAllTimersAsync();
        await settled;
        if (attempts > 1) found.push(failure);
      }
      expect(found).toEqual(repeated);
    },
  );

  it('have the same Idempotency-Key in every attempt of a POST, and another one in the next POST', async () => {
    const keys: (string | null)[] = [];
    respond = ({ headers }) => {
      keys.push(new Headers(headers).get('idempotency-key'));
      return failing(500)();
    };
    for (const idempotencyKey of [undefined, undefined, 'mine']) {
      const settled = crm.opportunities
        .convert('x', idempotencyKey === undefined ? {} : { idempotencyKey })
        .catch(toError);
      await vi.runAllTimersAsync();
      await settled;
    }
    const [first, , , second] = keys;
    expect(keys).toEqual([first, first, first, second, second, second, 'mine', 'mine', 'mine']);
    expect(new Set(keys).size).toBe(3);
  });
});

describe('unwrap', () => {
  const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const BODY = '{"test": 2432232314}';
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,bm90aGluZw== v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const now = 1614265330_000;

  it('gives the event of a delivery that is signed, as the library of Standard Webhooks signs it', async () => {
    expect(await unwrap(BODY, headers, SECRET, { now })).toEqual({ test: 2432232314 });
    const at = new Date();
    const signature = new Webhook(SECRET).sign('evt_1', at, BODY);
    const fresh = {
      'Webhook-Id': 'evt_1',
      'Webhook-Timestamp': String(Math.floor(at.getTime() / 1000)),
      'Webhook-Signature': signature,
    };
    expect(await unwrap(BODY, fresh, SECRET)).toEqual({ test: 2432232314 });
    const { webhooks } = new Crm({ url: 'http://crm.test', key: 'k' });
    expect(await webhooks.unwrap(BODY, new Headers(fresh), SECRET)).toEqual({ test: 2432232314 });
  });

  it('reads amounts beyond a double with the parser of the client, or with its own', async () => {
    const body = '{"data":{"opportunity_amount":123456789012.123456789}}';
    const at = new Date();
    const signed = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('evt_1', at, body),
    };
    const { webhooks } = new Crm({ url: 'http://crm.test', key: 'k', json: { parse, stringify } });
    expect(stringify(await webhooks.unwrap(body, signed, SECRET))).toBe(body);
    expect(stringify(await unwrap(body, signed, SECRET, { parse }))).toBe(body);
  });

  it.each([
    ['another body', '{"test": 1}', headers, SECRET, now],
    ['another secret', BODY, headers, 'whsec_AAAA', now],
    ['an old timestamp', BODY, headers, SECRET, now + 301_000],
    ['no timestamp', BODY, { ...headers, 'webhook-timestamp': undefined }, SECRET, now],
    ['a signature that is none', BODY, { ...headers, 'webhook-signature': 'v1,%%% v2' }, SECRET, now],
  ])('refuses %s', async (_what, body, given, secret, at) => {
    await expect(unwrap(body, given, secret, { now: at })).rejects.toBeInstanceOf(CrmWebhookError);
  });
});

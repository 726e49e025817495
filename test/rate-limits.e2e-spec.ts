import { OperatorKeys } from '../src/auth/operator-keys.js';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { countOf } from '../src/common/counts.js';
import type { Answer, Client } from './support/client.js';
import { startService, type Service } from './support/service.js';

const services: Service[] = [];
afterAll(async () => {
  for (const service of services) await service.stop();
});

async function start(environment: Record<string, string>): Promise<Service> {
  const service = await startService(environment);
  services.push(service);
  return service;
}

const times = (count: number, client: Client, headers: Record<string, string> = {}): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, () => client.get('/opportunity?limit=1', headers)));

const statuses = (answers: Answer[]): number[] => answers.map(({ status }) => status).sort();

/** `"default";r=3;t=60` as its name and parameters. */
function parsed(field: string | null): { name: string; [parameter: string]: string | number } {
  const [name = '', ...parameters] = (field ?? '').split(';');
  const pairs = parameters.map((parameter) => parameter.split('='));
  return { name, ...Object.fromEntries(pairs.map(([key = '', value]) => [key, Number(value)])) };
}

// Windows of an hour, so that none ends during a test.
const HOUR = { RATE_LIMIT_WINDOW_S: '3600' };

describe('the limit of a key', () => {
  /** Each test has a workspace of its own. */
  let limited: Service;
  beforeAll(async () => {
    limited = await start({ ...HOUR, RATE_LIMIT_REQUESTS: '5' });
  });

  it('is told on every answer to it, and counts down', async () => {
    const api = await limited.clientWith({ workspace: 'told' });
    const answers = [
      await api.get('/opportunity'),
      await api.get('/opportunity/unknown'),
      await api.post('/opportunity', {}),
    ];
    expect(statuses(answers)).toEqual([200, 400, 404]);
    for (const { headers } of answers) expect(headers.get('ratelimit-policy')).toBe('"default";q=5;w=3600');
    const left = answers.map(({ headers }) => parsed(headers.get('ratelimit')));
    expect(left.map(({ name, r }) => [name, r])).toEqual([
      ['"default"', 4],
      ['"default"', 3],
      ['"default"', 2],
    ]);
    for (const { t } of left) expect(t).toBeGreaterThan(3000);
  });

  it('answers what is beyond it with 429 and when to come back, whatever the route; other keys go on', async () => {
    const { api, other } = limited;
    expect(statuses(await times(8, api))).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    const before = countOf('rate_limited_requests');
    const { status, headers, body } = await api.post('/opportunity', {});
    expect(countOf('rate_limited_requests')).toBe(before + 1);
    expect([status, body.error.type, body.error.code]).toEqual([429, 'rate_limit_error', 'rate_limit']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3000);
    expect(parsed(headers.get('ratelimit'))).toMatchObject({ name: '"default"', r: 0 });
    expect((await other.get('/opportunity')).status).toBe(200);
  });

  it('begins anew with the next window', async () => {
    const { api } = await start({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_S: '1' });
    const deadline = Date.now() + 15_000;
    let refused = 0;
    for (let served = 0; served < 2 && Date.now() < deadline;) {
      const { status } = await api.get('/opportunity?limit=1');
      if (status === 200) served++;
      else refused++;
      expect([200, 429]).toContain(status);
      if (served === 2) expect(refused).toBeGreaterThan(0);
    }
    expect(Date.now()).toBeLessThan(deadline);
  });

  it('may be the key’s own: lower, higher or none', async () => {
    const own = (rateLimit: number) => limited.clientWith({ workspace: 'own', rateLimit });
    expect(statuses(await times(3, await own(1)))).toEqual([200, 429, 429]);
    const wide = await times(7, await own(6));
    expect(statuses(wide)).toEqual([200, 200, 200, 200, 200, 200, 429]);
    expect(wide[0]?.headers.get('ratelimit-policy')).toBe('"default";q=6;w=3600');
    const free = await times(10, await own(0));
    expect(new Set(statuses(free))).toEqual(new Set([200]));
    // Ten times the limit of a key is that of its workspace.
    expect(free[0]?.headers.get('ratelimit-policy')).toBe('"workspace";q=50;w=3600');
  });

  it('is not there with 0, but for keys with one of their own', async () => {
    const { api, clientWith } = await start({ ...HOUR, RATE_LIMIT_REQUESTS: '0' });
    const answers = await times(10, api);
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    expect(answers[0]?.headers.has('ratelimit-policy')).toBe(false);
    expect(statuses(await times(2, await clientWith({ rateLimit: 1 })))).toEqual([200, 429]);
  });

  it('is on without being asked for, and holds for the API alone', async () => {
    const { api } = await start({});
    expect(parsed((await api.get('/opportunity')).headers.get('ratelimit-policy'))).toMatchObject({
      q: 100_000,
      w: 60,
    });
    for (const path of ['//health/live', '//openapi.json', '//docs'])
      expect((await api.get(path)).headers.has('ratelimit')).toBe(false);
  });
});

describe('the limit of a workspace', () => {
  const LIMITS = { ...HOUR, RATE_LIMIT_REQUESTS: '6', RATE_LIMIT_WORKSPACE_REQUESTS: '10' };
  /** Each test has a workspace of its own. */
  let limited: Service;
  beforeAll(async () => {
    limited = await start(LIMITS);
  });

  it('holds for all its keys together, and for no other workspace', async () => {
    const { api, other, clientWith } = limited;
    expect(new Set(statuses(await times(6, api)))).toEqual(new Set([200]));
    const second = await clientWith({ rateLimit: 0 });
    expect(statuses(await times(6, second))).toEqual([200, 200, 200, 200, 429, 429]);
    const { status, headers, body } = await second.get('/opportunity?limit=1');
    expect([status, body.error.code]).toEqual([429, 'rate_limit']);
    expect(body.error.message).toMatch(/^The workspace may make 10 requests in 3600 seconds\./);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3000);
    expect((await other.get('/opportunity?limit=1')).status).toBe(200);
  });

  it('is told where it is nearer than that of the key', async () => {
    const policies: (string | null)[] = [];
    const key = () => limited.clientWith({ workspace: 'nearer' });
    for (const client of [await key(), await key()])
      for (let i = 0; i < 5; i++)
        policies.push((await client.get('/opportunity?limit=1')).headers.get('ratelimit-policy'));
    expect(new Set(policies.slice(0, 5))).toEqual(new Set(['"default";q=6;w=3600']));
    expect(policies.slice(5)).toEqual(Array(5).fill('"workspace";q=10;w=3600'));
  });

  it('is not used up by a key that goes on beyond its own', async () => {
    const beyond = await limited.clientWith({ workspace: 'beyond', rateLimit: 2 });
    expect(statuses(await times(40, beyond)).slice(0, 3)).toEqual([200, 200, 429]);
    const other = await limited.clientWith({ workspace: 'beyond' });
    expect(new Set(statuses(await times(6, other)))).toEqual(new Set([200]));
  });

  it('is not there with 0', async () => {
    const { clientWith } = await start({ ...LIMITS, RATE_LIMIT_WORKSPACE_REQUESTS: '0' });
    const answers = await times(20, await clientWith({ rateLimit: 0 }));
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    expect(answers[0]?.headers.has('ratelimit-policy')).toBe(false);
  });
});
/** Counts the statements that look keys up. */
function countLookups({ app }: Service): { count: number } {
  const keys = app.get(OperatorKeys);
  const findValid = keys.findValid.bind(keys);
  const lookups = { count: 0 };
  keys.findValid = (hashes) => {
    lookups.count += 1;
    return findValid(hashes);
  };
  return lookups;
}

describe('guessing keys', () => {
  const guess = (service: Service, headers: Record<string, string> = {}): Promise<Answer> =>
    service.clientAs(generateKey('test')).get('/opportunity', headers);

  it('is answered 429 after some attempts from one address, and keeps no valid key from being served there', async () => {
    const service = await start({ AUTH_FAILURES_PER_MINUTE: '5' });
    const answers: Answer[] = [];
    for (let attempt = 0; attempt < 20; attempt++) answers.push(await guess(service));
    // A window may end meanwhile, which lets five more through.
    expect(answers.slice(0, 5).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    expect(refused[0]?.body.error).toMatchObject({ type: 'rate_limit_error', code: 'rate_limit' });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(statuses(await times(3, service.api))).toEqual([200, 200, 200]);
    expect((await (await service.clientWith({ workspace: 'never seen' })).get('/opportunity')).status).toBe(200);
  });

  it('counts keys of every wrong form alike, and no request without one', async () => {
    const service = await start({ AUTH_FAILURES_PER_MINUTE: '3' });
    for (let attempt = 0; attempt < 10; attempt++)
      expect((await service.clientAs(undefined).get('/opportunity')).status).toBe(401);
    const keys = ['abc', 'sk_test_crm_x', generateKey('live'), generateKey('test')];
    const answers: number[] = [];
    for (const key of keys) answers.push((await service.clientAs(key).get('/opportunity')).status);
    expect(answers).toEqual([401, 401, 401, 429]);
  });

  it('costs the database few statements past the limit, and none for a key that was just unknown', async () => {
    const service = await start({ AUTH_FAILURES_PER_MINUTE: '5' });
    const lookups = countLookups(service);
    const wrong = service.clientAs(generateKey('test'));
    expect(statuses(await times(1, wrong))).toEqual([401]);
    expect(statuses(await times(30, wrong)).at(-1)).toBe(429);
    const before = lookups.count;
    const guesses = await Promise.all(Array.from({ length: 50 }, () => guess(service)));
    expect(statuses(guesses)).toEqual(Array.from({ length: 50 }, () => 429));
    // They share one, and a second where they did not all arrive in time.
    expect(lookups.count - before).toBeLessThanOrEqual(5);
    expect(statuses(await times(3, service.api))).toEqual([200, 200, 200]);
  });

  it('is not counted with 0', async () => {
    const service = await start({ AUTH_FAILURES_PER_MINUTE: '0' });
    for (let attempt = 0; attempt < 10; attempt++) expect((await guess(service)).status).toBe(401);
  });

  it('is counted for the address a trusted proxy names, and for nobody else’s word', async () => {
    const from = (address: string) => ({ 'X-Forwarded-For': address });
    const proxied = await start({ AUTH_FAILURES_PER_MINUTE: '1', TRUST_PROXY: '127.0.0.0/8,::1' });
    expect((await guess(proxied, from('203.0.113.1'))).status).toBe(401);
    expect((await guess(proxied, from('203.0.113.1'))).status).toBe(429);
    expect((await guess(proxied, from('203.0.113.2'))).status).toBe(401);
    expect((await guess(proxied, from('2001:db8::1'))).status).toBe(401);
    expect((await guess(proxied, from('2001:db8::ffff:2'))).status).toBe(429);
    const direct = await start({ AUTH_FAILURES_PER_MINUTE: '1' });
    expect((await guess(direct, from('203.0.113.1'))).status).toBe(401);
    expect((await guess(direct, from('203.0.113.2'))).status).toBe(429);
  });
});

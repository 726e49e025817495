import pg from 'pg';
import { OperatorKeys, type NewKey } from '../src/auth/operator-keys.js';
import type { Answer, Client, Json } from './support/client.js';
import { startService, type Service } from './support/service.js';
import { lockWaiters, until } from './support/until.js';

/* What a key may hand on to the keys it makes, and what a workspace keeps. Each test has a workspace of its own. */

const KEYS = '//api/keys';
const DAY_MS = 86_400_000;
const MAX_KEYS = 5;

let service: Service;
beforeAll(async () => {
  // Requests of one workspace meet here while the workspace of the test before still counts as active.
  const connections = { DATABASE_POOL_SIZE: '8', DATABASE_WORKSPACE_CONNECTIONS: '8' };
  service = await startService({ MAX_KEYS: String(MAX_KEYS), RATE_LIMIT_WINDOW_S: '3600', ...connections });
});
afterAll(() => service.stop());

interface Made {
  id: string;
  client: Client;
}

let workspaces = 0;

/** An admin key that the operator has made, in a new workspace unless one is named. */
async function newAdmin(key: Partial<NewKey> = {}): Promise<Made> {
  const wanted: NewKey = {
    workspace: `bounds ${workspaces++}`,
    name: 'first',
    scopes: ['admin'],
    mode: 'test',
    ...key,
  };
  const { id, secret } = await service.app.get(OperatorKeys).create(wanted);
  return { id, client: service.clientAs(secret) };
}

async function create({ client }: Made, body: object = {}): Promise<Made & { body: Json }> {
  const answer = await client.post(KEYS, { name: 'made', scopes: ['admin'], ...body });
  if (answer.status !== 201) throw new Error(answer.text);
  return { id: answer.body.id, client: service.clientAs(answer.body.secret), body: answer.body };
}

const rotate = ({ client }: Made, id: string, overlap_seconds = 3600): Promise<Answer> =>
  client.post(`${KEYS}/${id}/rotate`, { overlap_seconds });

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
const lifeOf = (body: Json): number => (Date.parse(body.expires_at) - Date.parse(body.created_at)) / DAY_MS;
const codeOf = ({ status, body }: Answer): unknown[] => [status, body.error.code];

describe('a key that ends', () => {
  it('makes keys that end with it, unless they are to end earlier', async () => {
    const end = inDays(10);
    const admin = await newAdmin({ expiresAt: end });
    expect((await create(admin)).body.expires_at).toBe(end.toISOString());
    const earlier = inDays(3).toISOString();
    expect((await create(admin, { expires_at: earlier })).body.expires_at).toBe(earlier);
    for (const expires_at of [null, new Date(end.getTime() + 1).toISOString()]) {
      const { status, body } = await admin.client.post(KEYS, { name: 'x', scopes: ['read'], expires_at });
      expect([status, body.error.param]).toEqual([400, 'expires_at']);
      expect(body.error.message).toContain(end.toISOString());
    }
  });

  it('names every bound that is passed', async () => {
    const { client } = await newAdmin({ expiresAt: inDays(10), rateLimit: 50 });
    const { body } = await client.post(KEYS, { name: 'x', scopes: ['read'], expires_at: null, rate_limit: 51 });
    expect(body.error.errors.map(({ param }: Json) => param)).toEqual(['rate_limit', 'expires_at']);
  });

  it('cannot rotate a key that lasts longer, and does not live longer by rotating itself', async () => {
    const lasting = await newAdmin({ workspace: 'lasting' });
    const end = inDays(10);
    const ending = await newAdmin({ workspace: 'lasting', expiresAt: end });
    expect(codeOf(await rotate(ending, lasting.id))).toEqual([403, 'key_exceeds_caller']);
    expect((await rotate(ending, ending.id)).body.expires_at).toBe(end.toISOString());
  });

  it('makes none after it was revoked, also while another process still remembers it', async () => {
    const admin = await newAdmin();
    await admin.client.get(KEYS);
    await service.database.query('update api_key set revoked_at = now() where id = $1', [admin.id]);
    const { status } = await admin.client.post(KEYS, { name: 'x', scopes: ['admin'] });
    expect(status).toBe(401);
  });
});

describe('the quota of a limited key', () => {
  const served = async (keys: Made[], requests: number): Promise<number> => {
    const answers: Answer[] = [];
    for (let i = 0; i < requests; i++)
      answers.push(...(await Promise.all(keys.map(({ client }) => client.get('/opportunity?limit=1')))));
    return answers.filter(({ status }) => status === 200).length;
  };

  it('is shared with the keys it makes, and with those that they make', async () => {
    const admin = await newAdmin({ rateLimit: 20 });
    const first = await create(admin);
    expect(first.body.rate_limit).toBe(20);
    const second = await create(first, { rate_limit: 8 });
    const third = await create(second, { scopes: ['read'] });
    expect(third.body.rate_limit).toBe(8);
    // Three of the 20 have made the keys.
    expect(await served([admin, first, second, third], 10)).toBe(17);
  });

  it('stays with its successor', async () => {
    const admin = await newAdmin({ rateLimit: 10 });
    const { body } = await rotate(admin, admin.id);
    const successor = { id: body.id, client: service.clientAs(body.secret) };
    expect(await served([admin, successor], 10)).toBe(9);
  });

  it('is not widened by rotating a key with a higher limit', async () => {
    const admin = await newAdmin({ workspace: 'wide' });
    const limited = await newAdmin({ workspace: 'wide', rateLimit: 10 });
    expect(codeOf(await rotate(limited, admin.id))).toEqual([403, 'key_exceeds_caller']);
    expect((await rotate(admin, limited.id)).body.rate_limit).toBe(10);
  });

  it('is not shared by keys without a limit of their own', async () => {
    const admin = await newAdmin();
    const made = await create(admin);
    await admin.client.get(KEYS);
    expect((await made.client.get(KEYS)).headers.get('ratelimit')).toMatch(/^"default";r=99999;/);
  });
});

describe('a rotation', () => {
  it('keeps the life that the key was meant to have, over any number of them', async () => {
    const admin = await newAdmin();
    const first = await create(admin, { expires_at: inDays(90).toISOString() });
    const second = (await rotate(admin, first.id)).body;
    const third = (await rotate(admin, second.id)).body;
    expect(lifeOf(second)).toBeCloseTo(90, 2);
    expect(lifeOf(third)).toBeCloseTo(90, 2);
  });

  it('of a key that was rotated is refused, and names the successor', async () => {
    const admin = await newAdmin();
    const first = await create(admin);
    const answers = await Promise.all([rotate(admin, first.id), rotate(admin, first.id)]);
    const [done, refused] = answers.toSorted((a, b) => a.status - b.status) as [Answer, Answer];
    expect(done.status).toBe(200);
    expect(codeOf(refused)).toEqual([409, 'key_already_rotated']);
    expect(refused.body.error.message).toContain(done.body.id);
    expect((await admin.client.get(KEYS)).body.total).toBe(3);
  });

  it('is the same by the command, which no key bounds', async () => {
    const admin = await newAdmin({ expiresAt: inDays(90) });
    const operator = service.app.get(OperatorKeys);
    const { id } = await operator.rotate(admin.id, 1000);
    await expect(operator.rotate(admin.id, 1000)).rejects.toThrow(id);
    const [row] = await service.database.query<{ life: number }>(
      'select extract(epoch from expires_at - created_at)::float8 / 86400 as life from api_key where id = $1',
      [id],
    );
    expect(row?.life).toBeCloseTo(90, 2);
  });

  it('gives a life that a maker shortened back, once a lasting key rotates', async () => {
    const admin = await newAdmin({ workspace: 'back' });
    const ending = await newAdmin({ workspace: 'back', expiresAt: inDays(10) });
    await service.database.query(
      `update api_key set lifetime = interval '30 days', created_at = created_at - interval '20 days' where id = $1`,
      [ending.id],
    );
    const shortened = (await rotate(ending, ending.id)).body;
    expect(lifeOf(shortened)).toBeCloseTo(10, 2);
    expect(lifeOf((await rotate(admin, shortened.id)).body)).toBeCloseTo(30, 2);
  });
});

describe('the admin key that lasts longest', () => {
  it('cannot be revoked while the others end before', async () => {
    const admin = await newAdmin();
    const ending = await create(admin, { expires_at: inDays(30).toISOString() });
    for (const by of [admin, ending])
      expect(codeOf(await by.client.delete(`${KEYS}/${admin.id}`))).toEqual([409, 'last_admin_key']);
    const lasting = await create(admin);
    expect((await lasting.client.delete(`${KEYS}/${admin.id}`)).status).toBe(200);
  });

  it('is the one with the furthest end where all end', async () => {
    const admin = await newAdmin({ expiresAt: inDays(30) });
    const earlier = await create(admin, { expires_at: inDays(29).toISOString() });
    expect(codeOf(await earlier.client.delete(`${KEYS}/${admin.id}`))).toEqual([409, 'last_admin_key']);
    const equal = await create(admin);
    expect((await equal.client.delete(`${KEYS}/${admin.id}`)).status).toBe(200);
  });

  it('is the successor while the old key works on', async () => {
    const admin = await newAdmin({ expiresAt: inDays(10) });
    const { body } = await rotate(admin, admin.id, 30 * 86_400);
    expect(codeOf(await admin.client.delete(`${KEYS}/${body.id}`))).toEqual([409, 'last_admin_key']);
    expect((await service.clientAs(body.secret).delete(`${KEYS}/${admin.id}`)).status).toBe(200);
  });
});

describe('the number of keys', () => {
  it('is bounded; keys that do not work are not counted', async () => {
    const admin = await newAdmin();
    const [first] = [await create(admin), await create(admin), await create(admin), await create(admin)];
    const refused = await admin.client.post(KEYS, { name: 'x', scopes: ['read'] });
    expect(codeOf(refused)).toEqual([400, 'keys_limit_reached']);
    expect(refused.body.error.message).toContain(String(MAX_KEYS));
    expect((await admin.client.get(KEYS)).body.total).toBe(MAX_KEYS);
    await admin.client.delete(`${KEYS}/${first.id}`);
    await create(admin);
  });

  it('bounds a rotation while both keys would work', async () => {
    const admin = await newAdmin();
    const [first] = [await create(admin), await create(admin), await create(admin), await create(admin)];
    expect(codeOf(await rotate(admin, first.id))).toEqual([400, 'keys_limit_reached']);
    let { id } = first;
    for (let rotations = 0; rotations < 20; rotations++) {
      const { status, body } = await rotate(admin, id, 0);
      expect(status).toBe(200);
      ({ id } = body);
    }
  });

  it('does not bound the operator', async () => {
    for (let i = 0; i <= MAX_KEYS; i++) await newAdmin({ workspace: 'many' });
  });
});

describe('changes at once', () => {
  /** Holds each request up where it logs its change, which is after it has looked at the others' keys. */
  async function atOnce(requests: (() => Promise<Answer>)[]): Promise<number[]> {
    const blocker = new pg.Client({ connectionString: service.database.url });
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query('lock table event in share mode');
    const answers = Promise.all(requests.map((request) => request()));
    await until(async () => (await lockWaiters(service.database)) >= requests.length);
    await blocker.query('commit');
    await blocker.end();
    return (await answers).map(({ status }) => status).sort();
  }

  it('make no more keys than the workspace may have', async () => {
    const admin = await newAdmin();
    await create(admin);
    const one = (): Promise<Answer> => admin.client.post(KEYS, { name: 'x', scopes: ['read'] });
    expect(await atOnce([one, one, one, one, one])).toEqual([201, 201, 201, 400, 400]);
  });

  it('do not hold up the answer to a request that is wrong', async () => {
    const { client } = await newAdmin({ workspace: 'held up', rateLimit: 50 });
    const blocker = new pg.Client({ connectionString: service.database.url });
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query(`select from workspace where name = 'held up' for update`);
    const refused = await Promise.all(
      [{}, { name: 'x', scopes: ['read'], rate_limit: 51 }].map((body) => client.post(KEYS, body)),
    );
    await blocker.query('rollback');
    await blocker.end();
    expect(refused.map(({ body }) => body.error.param)).toEqual(['name', 'rate_limit']);
  });

  it('leave an administrator when two revoke each other', async () => {
    const first = await newAdmin();
    const second = await create(first);
    const revocations = [
      () => first.client.delete(`${KEYS}/${second.id}`),
      () => second.client.delete(`${KEYS}/${first.id}`),
    ];
    expect(await atOnce(revocations)).toEqual([200, 409]);
  });

  it('rotate a key once', async () => {
    const admin = await newAdmin();
    expect(await atOnce([() => rotate(admin, admin.id), () => rotate(admin, admin.id)])).toEqual([200, 409]);
  });
});

import type { Answer, Client, Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/* The keys of a workspace over HTTP, each test in a workspace of its own. */

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const KEYS = '//api/keys';
let workspaces = 0;

/** The only key of a new workspace. */
async function newAdmin(): Promise<Client> {
  return service.clientWith({ workspace: `keys ${workspaces++}`, scopes: ['admin'] });
}

async function create(admin: Client, body: object = {}): Promise<Json> {
  const answer = await admin.post(KEYS, { name: 'shop', scopes: ['read'], ...body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
}

const works = async (secret: string): Promise<boolean> =>
  (await service.clientAs(secret).get('/opportunity?limit=1')).status === 200;

const paramsOf = ({ body }: Answer): string[] => body.error.errors.map(({ param }: Json) => param as string);

describe('a new key', () => {
  it('works at once, in the workspace of the one that made it, with the scopes it was given', async () => {
    const admin = await newAdmin();
    const { secret } = await create(admin, { scopes: ['read'] });
    const reader = service.clientAs(secret);
    expect((await reader.get('/opportunity')).body.total).toBe(0);
    expect((await reader.post('/opportunity', {})).status).toBe(403);
    expect((await reader.get(KEYS)).status).toBe(403);
  });

  it('is shown this once; from then on only how it begins and ends', async () => {
    const admin = await newAdmin();
    const answer = await admin.post(KEYS, {
      name: 'shop',
      scopes: ['write', 'read'],
      expires_at: '2099-01-01T12:00:00+02:00',
    });
    const { secret, ...shown } = answer.body;
    expect(shown).toEqual({
      id: expect.stringMatching(/^api-key_/) as string,
      created_at: expect.any(String) as string,
      name: 'shop',
      hint: `sk_test_crm_…${secret.slice(-4)}`,
      scopes: ['write', 'read'],
      rate_limit: null,
      expires_at: '2099-01-01T10:00:00.000Z',
      last_used_at: null,
    });
    expect(answer.headers.get('location')).toBe(`/api/keys/${shown.id}`);
    const seen = [await admin.get(`${KEYS}/${shown.id}`), await admin.get(KEYS)];
    expect(seen[0]?.body).toEqual(shown);
    expect(seen.map(({ text }) => text).join()).not.toContain(secret.slice(12, -4));
    expect(await stored()).not.toContain(secret);
  });

  it('is of the mode of its workspace', async () => {
    const admin = await service.clientWith({ workspace: 'live keys', scopes: ['admin'], mode: 'live' });
    expect((await create(admin)).secret).toMatch(/^sk_live_crm_/);
  });

  it('has to have a name, known scopes, and an end that is still to come', async () => {
    const admin = await newAdmin();
    expect(paramsOf(await admin.post(KEYS, {}))).toEqual(['name', 'scopes']);
    expect(paramsOf(await admin.post(KEYS, { name: 'x', scopes: [] }))).toEqual(['scopes']);
    expect(paramsOf(await admin.post(KEYS, { name: 'x', scopes: ['read', 'root'] }))).toEqual(['scopes[1]']);
    expect(paramsOf(await admin.post(KEYS, { name: 'x', scopes: ['read', 'read'] }))).toEqual(['scopes']);
    for (const expires_at of ['2020-01-01T00:00:00Z', '2099-02-30T00:00:00Z', '2099-01-01', 'tomorrow', 7])
      expect(paramsOf(await admin.post(KEYS, { name: 'x', scopes: ['read'], expires_at }))).toEqual(['expires_at']);
    expect((await admin.get(KEYS)).body.total).toBe(1);
  });

  it('cannot get a higher limit than the one that makes it', async () => {
    const limited = await service.clientWith({ workspace: 'limited', scopes: ['admin'], rateLimit: 50 });
    expect((await create(limited, { rate_limit: 50 })).rate_limit).toBe(50);
    for (const rate_limit of [51, 0, null])
      expect(paramsOf(await limited.post(KEYS, { name: 'x', scopes: ['read'], rate_limit }))).toEqual(['rate_limit']);
    const unlimited = await service.clientWith({ workspace: 'limited', scopes: ['admin'], rateLimit: 0 });
    for (const rate_limit of [1_000_000, 0, null])
      expect((await create(unlimited, { rate_limit })).rate_limit).toBe(rate_limit);
  });

  it('is made once for an Idempotency-Key, whose repetition does not have the secret', async () => {
    const admin = await newAdmin();
    const once = { 'Idempotency-Key': 'a key' };
    const body = { name: 'shop', scopes: ['read'] };
    const first = await admin.post(KEYS, body, once);
    const again = await admin.post(KEYS, body, once);
    expect(await works(first.body.secret)).toBe(true);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual({ ...first.body, secret: null });
    expect(await stored()).not.toContain(first.body.secret);
    expect((await admin.get(KEYS)).body.total).toBe(2);
  });
});

describe('the list of keys', () => {
  it('has those of the workspace alone, in the usual envelope', async () => {
    const admin = await newAdmin();
    const [first, second] = [
      await create(admin, { name: 'one' }),
      await create(admin, { name: 'two', scopes: ['write'] }),
    ];
    await create(await newAdmin());
    const page = (await admin.get(`${KEYS}?limit=2`)).body;
    expect([page.data.map(({ id }: Json) => id), page.has_more, page.total]).toEqual([[second.id, first.id], true, 3]);
    const named = (await admin.get(`${KEYS}?name=one&fields=name`)).body;
    expect(named).toEqual({ data: [{ name: 'one' }], has_more: false, total: 1 });
    expect((await admin.get(`${KEYS}/${first.id}?fields=name`)).body).toEqual({ name: 'one' });
    expect((await admin.get(`${KEYS}/${first.id}?fields=name,id`)).body).toEqual({ id: first.id, name: 'one' });
  });

  it('shows when a key was last used', async () => {
    const admin = await newAdmin();
    const { id, secret } = await create(admin);
    const before = Date.now();
    await works(secret);
    const deadline = Date.now() + 15_000;
    let used: string | null = null;
    while (used === null) {
      if (Date.now() > deadline) throw new Error('The use was not noted.');
      used = (await admin.get(`${KEYS}/${id}`)).body.last_used_at;
    }
    expect(Math.abs(Date.parse(used) - before)).toBeLessThan(60_000);
  });
});

describe('the use of a key', () => {
  it('that cannot be noted holds up and fails nothing', async () => {
    const own = await startService();
    await own.database.query(`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'read-only' using errcode = '25006'; end $$`);
    await own.database.query('create trigger refuse before update on api_key for each row execute function refuse()');
    const admin = await own.clientWith({ scopes: ['admin'] });
    expect((await admin.get('/opportunity')).status).toBe(200);
    expect((await admin.get(KEYS)).body.data.every(({ last_used_at }: Json) => last_used_at === null)).toBe(true);
    await own.stop();
  });
});

describe('revoking a key', () => {
  it('stops it at once in the process that was asked, also while it is in use', async () => {
    const admin = await newAdmin();
    const { id, secret } = await create(admin);
    expect(await works(secret)).toBe(true);
    expect((await admin.delete(`${KEYS}/${id}`)).body).toEqual({ id, deleted: true });
    expect(await works(secret)).toBe(false);
  });

  it('takes it out of the list, and is possible once', async () => {
    const admin = await newAdmin();
    const { id } = await create(admin);
    await admin.delete(`${KEYS}/${id}`);
    expect((await admin.get(KEYS)).body.total).toBe(1);
    const after = [
      await admin.get(`${KEYS}/${id}`),
      await admin.delete(`${KEYS}/${id}`),
      await admin.post(`${KEYS}/${id}/rotate`, {}),
    ];
    expect(after.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('is refused for the last one that could make others', async () => {
    const admin = await newAdmin();
    await create(admin, { scopes: ['write'] });
    const [{ id }] = (await admin.get(`${KEYS}?sort=created_at`)).body.data;
    const { status, body } = await admin.delete(`${KEYS}/${id}`);
    expect([status, body.error.code]).toEqual([409, 'last_admin_key']);
    await create(admin, { scopes: ['admin'] });
    expect((await admin.delete(`${KEYS}/${id}`)).status).toBe(200);
    expect((await admin.get(KEYS)).status).toBe(401);
  });

  it('leaves one administrator when two revoke each other', async () => {
    for (let round = 0; round < 5; round++) {
      const first = await newAdmin();
      const made = await create(first, { scopes: ['admin'] });
      const second = service.clientAs(made.secret);
      const own = (await first.get(`${KEYS}?sort=created_at`)).body.data[0].id as string;
      const answers = await Promise.all([first.delete(`${KEYS}/${made.id}`), second.delete(`${KEYS}/${own}`)]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const left = await Promise.all([first.get(KEYS), second.get(KEYS)]);
      expect(left.map(({ status }) => status).sort()).toEqual([200, 401]);
    }
  });

  it('is done only to the version that was seen', async () => {
    const admin = await newAdmin();
    const { id } = await create(admin);
    const seen = (await admin.get(`${KEYS}/${id}`)).headers.get('etag') ?? '';
    await admin.post(`${KEYS}/${id}/rotate`, {});
    expect((await admin.delete(`${KEYS}/${id}`, { 'If-Match': seen })).status).toBe(412);
  });
});

describe('rotating a key', () => {
  it('makes one like it, while the old one works on for the overlap', async () => {
    const admin = await newAdmin();
    const old = await create(admin, { name: 'shop', scopes: ['write'], rate_limit: 7000 });
    const before = Date.now();
    const { status, body } = await admin.post(`${KEYS}/${old.id}/rotate`, { overlap_seconds: 3600 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'shop', scopes: ['write'], rate_limit: 7000, expires_at: null });
    expect(body.id).not.toBe(old.id);
    expect([await works(old.secret), await works(body.secret)]).toEqual([true, true]);
    const end = Date.parse((await admin.get(`${KEYS}/${old.id}`)).body.expires_at) - before;
    expect(Math.abs(end - 3_600_000)).toBeLessThan(60_000);
  });

  it('without an overlap stops the old one at once', async () => {
    const admin = await newAdmin();
    const old = await create(admin);
    expect(await works(old.secret)).toBe(true);
    const { body } = await admin.post(`${KEYS}/${old.id}/rotate`, { overlap_seconds: 0 });
    expect([await works(old.secret), await works(body.secret)]).toEqual([false, true]);
  });

  it('needs no body, and gives the new one as long a life', async () => {
    const admin = await newAdmin();
    const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString();
    const old = await create(admin, { expires_at: inTenDays });
    const { status, body } = await admin.request('POST', `${KEYS}/${old.id}/rotate`);
    expect(status).toBe(200);
    expect(Math.abs(Date.parse(body.expires_at) - Date.parse(inTenDays))).toBeLessThan(60_000);
    const left = Date.parse((await admin.get(`${KEYS}/${old.id}`)).body.expires_at) - Date.now();
    expect(Math.abs(left - 86_400_000)).toBeLessThan(60_000);
  });

  it('does not make an old one live longer than it would', async () => {
    const admin = await newAdmin();
    const soon = new Date(Date.now() + 60_000).toISOString();
    const old = await create(admin, { expires_at: soon });
    await admin.post(`${KEYS}/${old.id}/rotate`, { overlap_seconds: 3600 });
    expect((await admin.get(`${KEYS}/${old.id}`)).body.expires_at).toBe(soon);
  });

  it('answers a repeated Idempotency-Key without the secret', async () => {
    const admin = await newAdmin();
    const { id } = await create(admin);
    const once = { 'Idempotency-Key': 'rotation' };
    const first = await admin.post(`${KEYS}/${id}/rotate`, {}, once);
    expect(await works(first.body.secret)).toBe(true);
    expect((await admin.post(`${KEYS}/${id}/rotate`, {}, once)).body).toEqual({ ...first.body, secret: null });
  });

  it('refuses an overlap that is no sensible number of seconds', async () => {
    const admin = await newAdmin();
    const { id } = await create(admin);
    for (const overlap_seconds of [-1, 1.5, '60', 2_592_001])
      expect(paramsOf(await admin.post(`${KEYS}/${id}/rotate`, { overlap_seconds }))).toEqual(['overlap_seconds']);
  });
});

describe('the history of a key', () => {
  const historyOf = async (client: Client, id: string): Promise<Json[]> =>
    (await client.get(`${KEYS}/${id}/history`)).body.data;

  it('says who made, rotated and revoked it, also when it is gone', async () => {
    const admin = await newAdmin();
    const [{ id: by }] = (await admin.get(KEYS)).body.data;
    const { id } = await create(admin, { name: 'logged' });
    const { body: successor } = await admin.post(`${KEYS}/${id}/rotate`, { overlap_seconds: 0 });
    await admin.delete(`${KEYS}/${id}`);
    const events = await historyOf(admin, id);
    const given = { name: 'logged', scopes: ['read'], rate_limit: null, expires_at: null };
    expect(events).toMatchObject([
      { type: 'api_key.revoked', before: { name: 'logged', scopes: ['read'] }, after: null },
      { type: 'api_key.rotated', before: {}, after: { successor: successor.id, overlap_seconds: 0 } },
      { type: 'api_key.created', before: null, after: given },
    ]);
    expect(new Set(events.map(({ key_id, object_id }) => `${key_id} ${object_id}`))).toEqual(new Set([`${by} ${id}`]));
    expect(await historyOf(admin, successor.id)).toMatchObject([{ type: 'api_key.created', after: given }]);
  });

  it('is empty for a key that was made by no request, and 404 for what is no key', async () => {
    const admin = await newAdmin();
    const [{ id: own }] = (await admin.get(KEYS)).body.data;
    expect(await historyOf(admin, own)).toEqual([]);
    const { id } = await createOpportunity(admin);
    for (const strange of [id, 'api-key_x']) expect((await admin.get(`${KEYS}/${strange}/history`)).status).toBe(404);
  });

  it('is not to be had as that of an opportunity', async () => {
    const admin = await newAdmin();
    const reader = service.clientAs((await create(admin)).secret);
    const { id } = await create(admin);
    await admin.delete(`${KEYS}/${id}`);
    const { status, body } = await reader.get(`/opportunity/${id}/history`);
    expect([status, body.error.message]).toEqual([404, `No such opportunity: '${id}'.`]);
  });
});

/** All rows of all tables, as text. */
async function stored(): Promise<string> {
  const tables = await service.database.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
  );
  const rows = await Promise.all(tables.map(({ name }) => service.database.query(`select t::text from ${name} t`)));
  return JSON.stringify(rows);
}

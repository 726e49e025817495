import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { RetentionService } from '../src/retention/retention.service.js';
import { Dispatcher } from '../src/webhooks/dispatcher.js';
import { itAlone } from './support/alone.js';
import { Client, type Answer } from './support/client.js';
import { consumersAtRest } from './support/consumers-at-rest.js';
import { createOpportunity, minimal } from './support/fixtures.js';
import { operationsOf, type Operation } from './support/operations.js';
import { Sample } from './support/sample.js';
import { schemaCheck } from './support/schema-check.js';
import { startService, type Service } from './support/service.js';
import { freePort, StartedService } from './support/started-service.js';
import { until } from './support/until.js';

let service: Service;
let api: Client;
beforeAll(async () => {
  service = await startService();
  api = await service.clientWith({ scopes: ['admin'] });
  // Nothing is sent, so that deliveries change by requests alone.
  service.app.get(Dispatcher).onModuleDestroy();
});
afterAll(() => service.stop());

let keys = 0;
const newKey = (): string => `order ${++keys}`;
const post = (path: string, body: unknown, key: string, headers = {}): Promise<Answer> =>
  api.post(path, body, { 'idempotency-key': key, ...headers });
const isReplay = ({ headers }: Answer): boolean => headers.get('idempotent-replayed') === 'true';

/** Every row that a POST can reach, with the version that each change moves; that of a key also moves when it is used. */
async function stored(): Promise<object[]> {
  await consumersAtRest(service);
  const tables = await service.database.query<{ name: string }>(`select table_name as name
    from information_schema.columns where table_schema = 'public' and column_name in ('id', 'version')
    group by table_name having count(*) = 2`);
  const rows = tables.map(({ name }) => `select id, ${name === 'api_key' ? '0' : 'version'} as version from ${name}`);
  // Deliveries have no version, and new events make more of them beside the requests.
  const resent = 'select id, xmin::text::bigint as version from webhook_delivery where resent';
  // Nor have imports, on which the service works beside the requests.
  const imports = `select id, case when status in ('awaiting_upload', 'checking', 'checked') then 0 when status = 'cancelled' then 1
    when status like 'revert%' then 2 else 3 end as version from import`;
  return service.database.query(`${[...rows, resent, imports].join(' union all ')} order by id`);
}

interface Wanted {
  path: string;
  body: object | undefined;
}

// The cases are made from the document, so a service has to run before the tests are declared.
const documented = await startService();
const operations = operationsOf(documented.document);
await documented.stop();
const posts = operations.filter(({ takesKey }) => takesKey);

/** A request that works, on an object of its own. */
async function requestOf(operation: Operation): Promise<Wanted> {
  const sample = await Sample.for(operation, api, operations);
  return { path: sample.path(operation), body: sample.body(operation) };
}

describe.each(posts)('$operationId with an Idempotency-Key', (operation) => {
  it('answers the repetition with the first answer, byte for byte but for a secret, and writes once', async () => {
    const { path, body } = await requestOf(operation);
    const key = newKey();
    const before = await stored();
    const first = await post(path, body, key);
    const after = await stored();
    expect([first.status < 300, isReplay(first)]).toEqual([true, false]);
    // An action on many objects may find none to change.
    if (first.body.changed !== 0 && first.body.count !== 0) expect(after).not.toEqual(before);
    for (const again of [await post(path, body, key), await post(path, body, key)]) {
      expect(shown(again)).toEqual(shown(first));
      expect(isReplay(again)).toBe(true);
    }
    expect(await stored()).toEqual(after);
  });

  it('refuses the key for another body or another path', async () => {
    const { path, body } = await requestOf(operation);
    const key = newKey();
    await post(path, body, key);
    const next = posts[(posts.indexOf(operation) + 1) % posts.length] as Operation;
    const others = [await requestOf(next), await requestOf(operation)].filter(
      (other) => !isDeepStrictEqual(other, { path, body }),
    );
    for (const another of others) {
      const stillThere = await stored();
      const other = await post(another.path, another.body, key);
      expect(other).toMatchObject({
        status: 400,
        body: { error: { type: 'idempotency_error', code: 'idempotency_error', param: 'Idempotency-Key' } },
      });
      expect(isReplay(other)).toBe(false);
      expect(await stored()).toEqual(stillThere);
    }
  });
});

function shown({ status, text, headers }: Answer): object {
  const kept = ['etag', 'location', 'content-type'].map((name) => headers.get(name));
  return { status, text: text.replace(/"secret":"[^"]+"/, '"secret":null'), kept };
}

it('is documented for every POST but a ping, which writes nothing', () => {
  const others = operations.filter(({ method, takesKey }) => (method === 'post') !== takesKey);
  expect(others.map(({ operationId }) => operationId)).toEqual(['pingWebhookEndpoint']);
});

describe('the key', () => {
  it('is the same bare and quoted', async () => {
    const first = await post('/opportunity', minimal, 'bare-or-quoted');
    const second = await post('/opportunity', minimal, '"bare-or-quoted"');
    expect([isReplay(second), second.text]).toEqual([true, first.text]);
  });

  it.each([
    ['empty', ''],
    ['empty in quotes', '""'],
    ['longer than 255 characters', 'k'.repeat(256)],
    ['not ASCII', 'clé'],
  ])('is refused when it is %s, and nothing is written', async (_case, key) => {
    const before = await stored();
    expect(await post('/opportunity', minimal, key)).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', code: 'parameter_invalid', param: 'Idempotency-Key' } },
    });
    expect(await stored()).toEqual(before);
  });

  it('may have 255 characters', async () => {
    const first = await post('/opportunity', minimal, 'k'.repeat(255));
    const second = await post('/opportunity', minimal, 'k'.repeat(255));
    expect([first.status, isReplay(second)]).toEqual([201, true]);
  });

  it('belongs to the workspace: shared by its API keys, of no effect in another', async () => {
    const key = newKey();
    const first = await post('/opportunity', minimal, key);
    const colleague = await service.clientWith({ name: 'colleague' });
    const same = await colleague.post('/opportunity', minimal, { 'idempotency-key': key });
    const foreign = await service.other.post('/opportunity', { ...minimal, title: 'Own' }, { 'idempotency-key': key });
    expect([same.text, isReplay(same)]).toEqual([first.text, true]);
    expect([foreign.status, foreign.body.title, isReplay(foreign)]).toEqual([201, 'Own', false]);
  });

  it('stands for what the body says, not for how it is written', async () => {
    const key = newKey();
    const first = await post('/opportunity', { ...minimal, title: 'Café', probability: 5 }, key);
    const rest = JSON.stringify(minimal, null, 2).slice(1, -1);
    const second = await post('/opportunity', `\n{ ${rest} ,\t"title": "Caf\\u00e9", "probability":5.0 }`, key);
    expect([isReplay(second), second.text]).toEqual([true, first.text]);
  });

  it('tells long amounts apart that a double could not', async () => {
    const key = newKey();
    const body = (cents: string): string => JSON.stringify(minimal).replace('{', `{"opportunity_amount":${cents},`);
    expect((await post('/opportunity', body('123456789012.123456788'), key)).status).toBe(201);
    expect((await post('/opportunity', body('123456789012.123456789'), key)).status).toBe(400);
  });

  it('replays an action although its If-Match has become stale by it', async () => {
    const { id } = await createOpportunity(api);
    const etag = (await api.get(`/opportunity/${id}`)).headers.get('etag') ?? '';
    const key = newKey();
    const first = await post(`/opportunity/${id}/close`, undefined, key, { 'if-match': etag });
    const second = await post(`/opportunity/${id}/close`, undefined, key, { 'if-match': etag });
    expect([first.status, second.status, isReplay(second)]).toEqual([200, 200, true]);
  });
});

describe('a request that failed', () => {
  const cases: [string, number, (key: string) => Promise<Answer>][] = [
    ['on validation', 400, (key) => post('/opportunity', { ...minimal, probability: 101 }, key)],
    ['on malformed JSON', 400, (key) => post('/opportunity', '{', key)],
    ['on another media type', 415, (key) => post('/opportunity', '<a/>', key, { 'content-type': 'text/xml' })],
    ['on a missing object', 404, (key) => post('/opportunity/unknown/close', undefined, key)],
    ['on a missing parent', 404, (key) => post('/opportunity-item', { opportunity_id: 'unknown' }, key)],
    [
      'on its batch',
      404,
      (key) => post('/opportunity/batch', { operations: [{ method: 'delete', id: 'unknown' }] }, key),
    ],
    [
      'on its API key',
      401,
      (key) => service.clientAs('sk_test_unknown').post('/opportunity', minimal, { 'idempotency-key': key }),
    ],
  ];

  it.each(cases)('%s leaves the key free', async (_case, status, fail) => {
    const key = newKey();
    const failed = await fail(key);
    const next = await post('/opportunity', minimal, key);
    expect([failed.status, next.status, isReplay(next)]).toEqual([status, 201, false]);
  });

  it('on the status or the version can be sent again once it is possible', async () => {
    const { id } = await createOpportunity(api, { status: 'Lost' });
    const key = newKey();
    const convert = (headers = {}): Promise<Answer> => post(`/opportunity/${id}/convert`, undefined, key, headers);
    expect((await convert()).status).toBe(409);
    await api.post(`/opportunity/${id}/reopen`, undefined);
    expect((await convert({ 'if-match': '"0"' })).status).toBe(412);
    const done = await convert();
    expect([done.status, done.body.status, isReplay(done)]).toEqual([200, 'Converted', false]);
  });

  it('with the scope to read only leaves the key free', async () => {
    const reader = await service.clientWith({ scopes: ['read'] });
    const key = newKey();
    expect((await reader.post('/opportunity', minimal, { 'idempotency-key': key })).status).toBe(403);
    expect((await post('/opportunity', minimal, key)).status).toBe(201);
  });
});

describe('after 24 hours', () => {
  const age = (key: string, hours: number): Promise<object[]> =>
    service.database.query(
      `update idempotency_key set created_at = now() - $2 * interval '1 hour' where key = $1 returning key`,
      [key, hours],
    );

  it('the key can be used anew, for anything, and not before', async () => {
    const key = newKey();
    await post('/opportunity', minimal, key);
    await age(key, 23.9);
    expect(isReplay(await post('/opportunity', minimal, key))).toBe(true);
    await age(key, 24.1);
    const anew = await post('/opportunity', { ...minimal, title: 'Anew' }, key);
    expect([anew.status, isReplay(anew), anew.body.title]).toEqual([201, false, 'Anew']);
    const again = await post('/opportunity', { ...minimal, title: 'Anew' }, key);
    expect([isReplay(again), again.text]).toEqual([true, anew.text]);
  });

  const kept = async (keys: string[]): Promise<string[]> => {
    const text = 'select key from idempotency_key where key = any($1) order by key';
    return (await service.database.query<{ key: string }>(text, [keys])).map(({ key }) => key);
  };

  it('the answer is deleted, also in a workspace that sends nothing more', async () => {
    const [old, fresh] = [newKey(), newKey()];
    for (const key of [old, fresh]) await post('/opportunity', minimal, key);
    await age(old, 24.1);
    await age(fresh, 23.9);
    expect(await service.app.get(RetentionService).sweep()).toBe(1);
    expect(await kept([old, fresh])).toEqual([fresh]);
  });

  it('an answer that is written anew while the old one is deleted stays', async () => {
    const key = newKey();
    await post('/opportunity', minimal, key);
    await age(key, 25);
    const writer = new pg.Client({ connectionString: service.database.url });
    await writer.connect();
    await writer.query('begin');
    await writer.query('update idempotency_key set created_at = now() where key = $1', [key]);
    const sweep = service.app.get(RetentionService).sweep();
    await lockWait(writer);
    await writer.query('commit');
    await writer.end();
    expect([await sweep, await kept([key])]).toEqual([0, [key]]);
  });
});

/** Resolves with the process that waits for a lock of this one, once there is one. Deliveries have locks of their own. */
async function lockWait(holder: pg.Client): Promise<number> {
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  const waiting = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    and $1 = any(pg_blocking_pids(pid))`;
  let found: { pid: number }[] = [];
  await until(async () => (found = await service.database.query(waiting, [rows[0]?.pid])).length > 0);
  return found[0]?.pid ?? 0;
}

describe('while the first request is worked on', () => {
  let blocker: pg.Client;
  beforeEach(async () => {
    blocker = new pg.Client({ connectionString: service.database.url });
    await blocker.connect();
  });
  afterEach(() => blocker.end());

  /** Sends a POST that cannot go on until the blocker ends its transaction; answers once it waits, with who waits. */
  async function held(key: string): Promise<{ path: string; answer: Promise<Answer>; pid: number }> {
    const { id } = await createOpportunity(api);
    await blocker.query('begin');
    await blocker.query('select from opportunity where id = $1 for update', [id]);
    const path = `/opportunity/${id}/close`;
    const answer = post(path, undefined, key);
    return { path, answer, pid: await lockWait(blocker) };
  }

  it('the same key is 409 and to be tried again, and then gets the first answer', async () => {
    const key = newKey();
    const { path, answer } = await held(key);
    const second = await post(path, undefined, key);
    const foreign = await service.other.post('/opportunity', minimal, { 'idempotency-key': key });
    await blocker.query('commit');
    const first = await answer;
    const third = await post(path, undefined, key);
    expect(second).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_in_use' } } });
    expect(second.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(foreign.status).toBe(201);
    expect([first.status, third.text, isReplay(third)]).toEqual([200, first.text, true]);
  });

  it('the loss of the database is 503, and leaves the key free', async () => {
    const key = newKey();
    const { path, answer, pid } = await held(key);
    await blocker.query('select pg_terminate_backend($1)', [pid]);
    expect((await answer).status).toBe(503);
    await blocker.query('commit');
    const again = await post(path, undefined, key);
    expect([again.status, again.body.status, isReplay(again)]).toEqual([200, 'Closed', false]);
  });

  it('twenty identical requests have one effect, and each is 201 or 409', async () => {
    const key = newKey();
    const body = { ...minimal, title: `Twenty at once, ${key}`, items: [{ qty: 3, rate: 0.1 }] };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/opportunity', body, key)));
    const done = answers.filter(({ status }) => status === 201);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(done.filter((answer) => !isReplay(answer))).toHaveLength(1);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    const rows = await service.database.query('select from opportunity where title = $1', [body.title]);
    expect(rows).toHaveLength(1);
  });
});

describe('a request that takes longer than its client is let wait', () => {
  let slow: Service;
  beforeAll(async () => {
    slow = await startService({ DATABASE_STATEMENT_TIMEOUT_MS: '2000' });
    await slow.database.query(`
      create function take_time() returns trigger language plpgsql as $$ begin perform pg_sleep(1.3); return new; end $$`);
    for (const table of ['opportunity', 'opportunity_item'])
      await slow.database.query(
        `create trigger take_time before insert or update on ${table} for each row execute function take_time()`,
      );
  });
  afterAll(() => slow.stop());

  it('is 503 and undone, and a success for who repeats it when it takes less', async () => {
    const { id } = await createOpportunity(slow.api);
    const add = (): Promise<Answer> =>
      slow.api.post('/opportunity-item', { opportunity_id: id }, { 'idempotency-key': 'slow' });
    expect((await add()).status).toBe(503);
    for (const table of ['opportunity', 'opportunity_item'])
      await slow.database.query(`drop trigger take_time on ${table}`);
    let again = await add();
    while (again.body.error?.code === 'idempotency_key_in_use') again = await add();
    expect(again.status).toBe(201);
    expect(isReplay(again)).toBe(false);
    expect((await slow.api.get(`/opportunity-item?parent_id=${id as string}`)).body.data).toEqual([again.body]);
  });
});

describe('a service that is killed while it works', () => {
  const REQUESTS = 30;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crm-killed-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  // The drill `crash` does it many times over.
  itAlone.each([1, 10])(
    'has made every acknowledged object once, and answers its key with it: after %s',
    async (answered) => {
      const port = await freePort();
      const client = new Client(`http://127.0.0.1:${port}`, api.key, schemaCheck(service.document));
      const keys = Array.from({ length: REQUESTS }, (_none, index) => `killed after ${answered}, order ${index}`);
      const send = (to: Client, title: string): Promise<Answer> =>
        to.post('/opportunity', { ...minimal, title, items: [{ qty: 3, rate: 0.1 }] }, { 'idempotency-key': title });
      const killed = await new StartedService(directory, { PORT: port, DATABASE_URL: service.database.url }).started();
      const sent = keys.map((key) => send(client, key));
      const outcomes = Promise.allSettled(sent);
      // Some are answered by now, some are anywhere between their first statement and their commit, some not begun.
      await Promise.any([sent[answered - 1], sent[REQUESTS - 1]]);
      await killed.kill();
      const first = (await outcomes).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
      for (const [index, key] of keys.entries()) {
        const again = await send(api, key);
        expect(again.status).toBe(201);
        const acknowledged = first[index]?.status === 201 ? first[index] : undefined;
        if (acknowledged) expect([again.text, isReplay(again)]).toEqual([acknowledged.text, true]);
        expect((await api.get(`/opportunity/${again.body.id}?expand=items`)).body).toEqual(again.body);
      }
      const made = await service.database.query<{ title: string }>(
        `select title from opportunity where title like $1 order by title`,
        [`killed after ${answered}, %`],
      );
      expect(made.map(({ title }) => title)).toEqual([...keys].sort());
    },
  );
});

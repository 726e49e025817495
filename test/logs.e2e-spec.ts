import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { generateKey } from '../src/common/ids/api-key.format.js';
import type { Json } from './support/client.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { minimal } from './support/fixtures.js';
import { freePort, StartedService } from './support/started-service.js';
import { lockWaiters, until } from './support/until.js';

const KEY = generateKey('test');
const METRICS_TOKEN = 'a-token-for-metrics-only';
const TRACE = '0af7651916cd43dd8448eb211c80319c';

let directory: string;
let database: TestDatabase;
let service: StartedService;
let origin: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crm-logs-'));
  database = await cloneDatabase();
});
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

async function start(environment: Record<string, string>): Promise<void> {
  const PORT = await freePort();
  origin = `http://127.0.0.1:${PORT}`;
  const all = { PORT, DATABASE_URL: database.url, BOOTSTRAP_API_KEY: KEY, ...environment };
  service = await new StartedService(directory, all).started();
}

async function call(method: string, path: string, headers: Record<string, string> = {}, body?: object): Promise<Json> {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, id: response.headers.get('request-id'), body: await response.json() };
}

/** The lines of a request, once there are any. */
async function lineOf(id: string): Promise<Json> {
  await service.prints(id);
  const lines = service.output.split('\n').filter((line) => line.includes(id));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

/** Requests that wait for a connection. */
async function waitingRequests(): Promise<number> {
  const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
  const text = await (await fetch(`${origin}/metrics`, { headers })).text();
  return Number(/^db_pool_waiting_requests(?:{.*})? (\d+)$/m.exec(text)?.[1]);
}

const linesWith = (text: string): string[] => service.output.split('\n').filter((line) => line.includes(text));

describe('as JSON', () => {
  beforeAll(() => start({ LOG_FORMAT: 'json', LOG_LEVEL: 'info', DATABASE_POOL_SIZE: '1', METRICS_TOKEN }));
  afterAll(() => service.kill());

  it('have one line a request, with who, what, and how long', async () => {
    const [key] = await database.query<{ id: string; workspace_id: string }>('select id, workspace_id from api_key');
    const created = await call(
      'POST',
      '/api/crm/opportunity',
      { traceparent: `00-${TRACE}-b7ad6b7169203331-01` },
      minimal,
    );
    expect(await lineOf(created.id)).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      request_id: created.id,
      trace_id: TRACE,
      workspace_id: key?.workspace_id,
      key_id: key?.id,
      method: 'POST',
      route: '/api/crm/opportunity',
      status: 201,
      duration_ms: expect.any(Number),
      database_ms: expect.any(Number),
      statements: expect.any(Number),
      msg: 'request',
    });
    const { duration_ms, database_ms, statements } = await lineOf(created.id);
    expect(database_ms).toBeGreaterThan(0);
    expect(database_ms).toBeLessThanOrEqual(duration_ms);
    expect(statements).toBeGreaterThanOrEqual(1);
  });

  it('count the statements of their own request, however many are under way', async () => {
    await call('GET', '/api/crm/opportunity');
    const slow = Array.from({ length: 20 }, () => call('POST', '/api/crm/opportunity', {}, minimal));
    const quick = Array.from({ length: 20 }, () => call('GET', '/health/live'));
    const [writes, lives] = [await Promise.all(slow), await Promise.all(quick)];
    const counts = async (answers: Json[]): Promise<Set<number>> =>
      new Set((await Promise.all(answers.map(({ id }) => lineOf(id)))).map(({ statements }) => statements as number));
    expect(await counts(lives)).toEqual(new Set([0]));
    expect((await counts(writes)).size).toBe(1);
  });

  it('have one of each request whose client left before it was answered, as 499', async () => {
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await other.query('begin; lock table opportunity in access exclusive mode');
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${KEY}` };
    const list = (): Promise<Response> => fetch(`${origin}/api/crm/opportunity`, { headers, signal: leaving.signal });
    const answers = [list()];
    await until(async () => (await lockWaiters(database)) > 0);
    // This one waits for the connection that the first one has.
    answers.push(list());
    await until(async () => (await waitingRequests()) > 0);
    leaving.abort();
    for (const answer of answers) await expect(answer).rejects.toThrow('aborted');
    await service.prints(/"status":499[^]*"status":499/);
    await other.query('rollback');
    await other.end();
    const left = { method: 'GET', route: '/api/crm/opportunity', duration_ms: expect.any(Number) };
    expect(linesWith('"status":499').map((line): Json => JSON.parse(line))).toEqual(
      answers.map(() => expect.objectContaining(left)),
    );
    expect(linesWith('"level":50')).toEqual([]);
    expect((await call('GET', '/api/crm/opportunity')).status).toBe(200);
  });

  it('hold no key, no body, no id, and no value of a query', async () => {
    const secret = 'Very Personal';
    const { body } = await call('POST', '/api/crm/opportunity', {}, { ...minimal, title: secret });
    await call('GET', `/api/crm/opportunity/${body.id}?fields=title`);
    await call('GET', `/api/crm/opportunity?title=${encodeURIComponent(secret)}`);
    await call('GET', `/made/up/${encodeURIComponent(secret)}`);
    const refused = await call('PATCH', `/api/crm/opportunity/${body.id}`, {}, { title: 7, [secret]: 1 });
    const unauthorized = await call('GET', '/api/crm/opportunity', { authorization: `Bearer ${KEY}x` });
    expect([refused.status, unauthorized.status]).toEqual([400, 401]);
    expect(await lineOf(unauthorized.id)).not.toHaveProperty('key_id');
    const lines = service.output.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.length).toBeGreaterThanOrEqual(6);
    expect(lines.join()).not.toContain(KEY.slice(0, -1));
    expect(lines.join()).not.toContain(body.id);
    expect(lines.join()).not.toMatch(/Personal|title/);
  });

  it.each(['nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`])(
    'ignore the traceparent %j',
    async (traceparent) => {
      expect(await lineOf((await call('GET', '/health/live', { traceparent })).id)).not.toHaveProperty('trace_id');
    },
  );

  it('are all that is on stdout, from the first line of the start to the end', async () => {
    service.signal('SIGTERM');
    await service.exit();
    const [start, ...requests] = service.output
      .trim()
      .split('\n')
      .map((line): Json => JSON.parse(line));
    expect(start).toEqual({
      level: 30,
      time: expect.any(String),
      msg: expect.stringContaining(`${origin}/api/crm/opportunity`),
    });
    expect(new Set(requests.map(({ msg }) => msg))).toEqual(new Set(['request']));
  });
});

it('say as JSON why a start failed', async () => {
  const failing = new StartedService(directory, { LOG_FORMAT: 'json', LOG_LEVEL: 'info', PORT: 'http' });
  expect(await failing.exit()).toBe(1);
  expect(JSON.parse(failing.output)).toMatchObject({ level: 60, msg: expect.stringContaining('PORT') });
});

describe('in another form, or of another level', () => {
  afterEach(() => service.kill());

  it('can be read by people', async () => {
    await start({ LOG_FORMAT: 'pretty', LOG_LEVEL: 'info' });
    const { id } = await call('GET', '/health/live');
    await service.prints(id);
    const line = service.output.split('\n').find((each) => each.includes(id)) ?? '';
    expect(line).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] .*INFO.*: request \{/);
    expect(line).toContain('"route":"/health/live"');
  });

  it('of requests are none but of failures when only warnings are wanted', async () => {
    await start({ LOG_FORMAT: 'json', LOG_LEVEL: 'warn' });
    const { id } = await call('GET', '/api/crm/opportunity');
    await database.query('alter table opportunity rename to away');
    const failed = await call('GET', '/api/crm/opportunity');
    await database.query('alter table away rename to opportunity');
    expect(failed.status).toBe(500);
    await service.prints('"msg":"request"');
    const lines = service.output.split('\n').filter((line) => line.includes('"msg":"request"'));
    expect(lines.map((line) => JSON.parse(line).request_id)).toEqual([failed.id]);
    expect(service.output).not.toContain(id);
  });
});

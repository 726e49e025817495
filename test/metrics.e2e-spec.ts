import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { createOpportunity, minimal } from './support/fixtures.js';
import { Samples } from './support/samples.js';
import { startService, type Service } from './support/service.js';
import { freePort, StartedService } from './support/started-service.js';

const TOKEN = 'a-token-of-the-tests';
const RETRIEVE = { method: 'GET', route: '/api/crm/opportunity/:id' };

let service: Service;
beforeAll(async () => {
  service = await startService({ METRICS_TOKEN: TOKEN });
});
afterAll(() => service.stop());

const scrape = (origin: string, authorization?: string): Promise<Response> =>
  fetch(`${origin}/metrics`, { headers: { ...(authorization !== undefined && { authorization }) } });

async function samples(): Promise<Samples> {
  const answer = await scrape(service.origin, `Bearer ${TOKEN}`);
  expect(answer.status).toBe(200);
  return new Samples(await answer.text());
}

/** By how much a metric has grown through what is done. */
async function growth(name: string, labels: Record<string, string | number>, work: () => Promise<unknown>) {
  const before = (await samples()).get(name, labels);
  await work();
  return (await samples()).get(name, labels) - before;
}

describe('reading them', () => {
  it('takes the token, and no key', async () => {
    const wrong = [undefined, `Bearer ${service.api.key}`, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN, 'Bearer '];
    for (const authorization of wrong) {
      const answer = await scrape(service.origin, authorization);
      expect([authorization, answer.status]).toEqual([authorization, 401]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="metrics"');
      expect(await answer.text()).not.toContain('http_requests_total');
    }
  });

  it('answers the text format', async () => {
    const answer = await scrape(service.origin, `Bearer ${TOKEN}`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('is refused where no token is set, which measures nothing', async () => {
    const closed = await startService();
    const answer = await scrape(closed.origin, 'Bearer undefined');
    expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining('Set METRICS_TOKEN')]);
    await closed.stop();
  });
});

describe('requests', () => {
  const counted = (status: number) => ({ ...RETRIEVE, status });

  it('are counted by route, method and status', async () => {
    const { id } = await createOpportunity(service.api);
    const found = () => service.api.get(`/opportunity/${id}`);
    expect(await growth('http_requests_total', counted(200), found)).toBe(1);
    expect(await growth('http_requests_total', counted(404), () => service.api.get('/opportunity/nope'))).toBe(1);
    expect(await growth('http_requests_total', { ...counted(200), method: 'PATCH' }, found)).toBe(0);
  });

  it('are counted as one, whatever is made up: paths, ids, and methods', async () => {
    const probe = async (): Promise<void> => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => service.api.get(`//made/up/${n}`)));
      await service.api.get('/opportunity/opportunity_secret');
      await service.api.request('PUT', '/opportunity');
    };
    const unknown = { method: 'GET', route: '(none)', status: 404 };
    await probe();
    const series = [...(await samples()).values.keys()];
    expect(await growth('http_requests_total', unknown, probe)).toBe(20);
    expect([...(await samples()).values.keys()].filter((key) => key.startsWith('http_'))).toEqual(
      series.filter((key) => key.startsWith('http_')),
    );
    expect(series.join()).not.toMatch(/made|secret/);
  });

  it('are timed: the buckets add up, the last has all of them, and the sum fits the bounds', async () => {
    const start = performance.now();
    await service.api.get('/opportunity/nope');
    const within = (performance.now() - start) / 1000;
    const after = await samples();
    const total = after.get('http_request_duration_seconds_count', RETRIEVE);
    const buckets = after
      .of('http_request_duration_seconds_bucket')
      .filter(([key]) => key.includes('method="GET",route="/api/crm/opportunity/:id"'));
    const values = buckets.map(([, value]) => value);
    expect(buckets).toHaveLength(14);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(values.at(-1)).toBe(total);
    const byStatus = after
      .of('http_requests_total')
      .filter(([key]) => key.includes('GET",route="/api/crm/opportunity/:id"'));
    expect(byStatus.reduce((sum, [, value]) => sum + value, 0)).toBe(total);
    const sum = 'http_request_duration_seconds_sum';
    const grown = await growth(sum, RETRIEVE, () => service.api.get('/opportunity/nope'));
    expect(grown).toBeGreaterThan(0);
    expect(grown).toBeLessThan(Math.max(1, within * 100));
  });
});

describe('what happens on the way', () => {
  const patch = async () => {
    const { id } = await createOpportunity(service.api);
    return service.api.request('PATCH', `/opportunity/${id}`, { body: { title: 'Changed' } });
  };

  it('counts values that the database refuses and validation should have', async () => {
    const { query } = service.database;
    await query(`alter table opportunity add constraint unforeseen check (title <> 'Changed')`);
    expect(await growth('crm_validator_misses_total', {}, patch)).toBe(1);
    await query('alter table opportunity drop constraint unforeseen');
    expect(await growth('crm_validator_misses_total', {}, patch)).toBe(0);
  });

  it('counts transactions that are run again', async () => {
    const { query } = service.database;
    await query('create sequence attempts');
    await query(`create function fail_twice() returns trigger language plpgsql as $$ begin
      if nextval('attempts') <= 2 then raise exception using errcode = '40001'; end if; return new; end $$`);
    await query(
      'create trigger fail_twice before insert on opportunity_item for each row execute function fail_twice()',
    );
    const { id } = await createOpportunity(service.api);
    const add = () => service.api.post('/opportunity-item', { opportunity_id: id, item_name: 'Chair' });
    expect(await growth('crm_transaction_retries_total', {}, add)).toBe(2);
    await query('drop trigger fail_twice on opportunity_item');
  });

  it('counts answers given again', async () => {
    const create = () => service.api.post('/opportunity', minimal, { 'Idempotency-Key': 'of the metrics' });
    expect(await growth('crm_idempotent_replays_total', {}, create)).toBe(0);
    expect(await growth('crm_idempotent_replays_total', {}, create)).toBe(1);
  });

  it('shows the pool, idle, busy and waited for', async () => {
    const { query } = service.database;
    // Writers of one opportunity would wait for each other without a connection.
    const deals = await Promise.all(Array.from({ length: 10 }, () => createOpportunity(service.api)));
    await query('create table gate ()');
    await query(
      `create function wait() returns trigger language plpgsql as $$ begin lock table gate; return new; end $$`,
    );
    await query('create trigger wait before update on opportunity for each row execute function wait()');
    // What a module does beside the requests may wait, too.
    const isWaitedFor = (now: Samples): boolean => now.get('db_pool_waiting_requests') >= 2;
    const isIdle = (now: Samples): boolean => now.get('db_pool_idle_connections') === 8;
    const open = await hold('gate');
    const changes = deals.map(({ id }: { id: string }) =>
      service.api.request('PATCH', `/opportunity/${id}`, { body: { title: 'x' } }),
    );
    const busy = await samplesOnce(isWaitedFor);
    expect(busy.get('db_pool_connections')).toBe(8);
    expect(busy.get('db_pool_idle_connections')).toBe(0);
    expect(busy.get('db_pool_max_connections')).toBe(8);
    await open();
    expect((await Promise.all(changes)).map(({ status }) => status)).toEqual(changes.map(() => 200));
    const idle = await samplesOnce(isIdle);
    expect(idle.get('db_pool_waiting_requests')).toBe(0);
  });

  /** What is measured once it is as it should be. */
  async function samplesOnce(isSo: (now: Samples) => boolean): Promise<Samples> {
    for (;;) {
      const now = await samples();
      if (isSo(now)) return now;
    }
  }

  /** Locks a table until the function it resolves with is called. */
  async function hold(table: string): Promise<() => Promise<void>> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: service.database.url });
    await client.connect();
    await client.query('begin');
    await client.query(`lock table ${table}`);
    return () => client.end();
  }

  it('shows how far the feed is behind, and how long a delivery has been due', async () => {
    const { query } = service.database;
    // No number while the pool is busy, as with the consumers of a module.
    const behind = (name: string): Promise<number> =>
      vi.waitFor(async () => {
        const seconds = (await samples()).get(`crm_${name}`);
        expect(seconds).not.toBeNaN();
        return Math.floor(seconds / 3600);
      });
    await service.api.get('//api/events');
    // A module that listens would have the event numbered at once.
    const number = await hold('feed_entry in exclusive mode');
    const { id } = await createOpportunity(service.api);
    await query(`update event set created_at = created_at - interval '90 minutes' where subject_id = '${id}'`);
    expect(await behind('feed_lag_seconds')).toBe(1);
    await number();
    await service.api.get('//api/events');
    expect(await behind('feed_lag_seconds')).toBe(0);

    const admin = await service.clientWith({ scopes: ['admin'] });
    const given = { url: 'http://127.0.0.1:9/', enabled_events: ['*'], disabled: true };
    const { body } = await admin.post('//api/webhook-endpoints', given);
    const delivery = `select workspace_id, 'webhook-delivery_1', id, 'evt_1', 'opportunity.created', 1, 'retrying',
      now() - interval '150 minutes', 1, '[]', false from webhook_endpoint where id = '${body.id}'`;
    await query(`insert into webhook_delivery (workspace_id, id, endpoint_id, event_id, type, position, status,
      next_attempt_at, tries, attempts, resent) ${delivery}`);
    expect(await behind('webhook_oldest_due_seconds')).toBe(2);
    await admin.delete(`//api/webhook-endpoints/${body.id}`);
    expect(await behind('webhook_oldest_due_seconds')).toBe(0);
  });

  it('has the process: CPU, memory, event loop', async () => {
    const now = await samples();
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect([name, now.get(name)]).toEqual([name, expect.any(Number)]);
    expect(now.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  });
});

describe('every one of them', () => {
  /** Name → meaning. */
  let exposed: Map<string, string>;
  beforeAll(async () => {
    const text = await (await scrape(service.origin, `Bearer ${TOKEN}`)).text();
    exposed = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', help = '']) => [name, help]));
  });

  it('is documented, the ones of the service with labels and meaning, and none that there is not', async () => {
    const [tables = ''] = (await readFile('docs/observability.md', 'utf8')).split('worth an alarm');
    const rows = tables.split('\n').filter((line) => /^\| `[a-z]+_/.test(line));
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    const named = cells.flatMap(([, first = '']) => [...first.matchAll(/`([a-z0-9_]+)`/g)].map(([, name]) => name));
    expect(named.toSorted()).toEqual([...exposed.keys()].toSorted());
    const own = cells.filter(([, first = '']) => /`(http|db|crm)_/.test(first));
    const now = await samples();
    for (const [, name = '', , labels = '', meaning] of own) {
      const metric = name.replaceAll('`', '');
      expect([metric, meaning]).toEqual([metric, exposed.get(metric)]);
      // Without a module there is no consumer.
      if (metric === 'crm_consumer_lag_seconds') continue;
      const [[key]] = [...now.of(metric), ...now.of(`${metric}_bucket`)] as [[string, number]];
      const used = [...key.matchAll(/(\w+)="/g)].map(([, label]) => label);
      expect([metric, used.toSorted()]).toEqual([metric, [...labels.matchAll(/\w+/g)].map(String).toSorted()]);
    }
  });

  it('that the dashboard asks for is there, with the labels it asks by', async () => {
    const text = await readFile('deploy/grafana-dashboard.json', 'utf8');
    const expressions = [...text.matchAll(/"expr": (".*")/g)].map(([, expr = '']) => JSON.parse(expr) as string);
    expect(expressions.length).toBeGreaterThan(10);
    const asked = expressions.flatMap((expr) => [...expr.matchAll(/([a-z0-9_]+)\{/g)].map(([, name = '']) => name));
    const names = new Set(
      [...exposed.keys()].flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
    );
    // Without a module there is no consumer.
    names.add('crm_consumer_lag_seconds');
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
    const labels = expressions.flatMap((expr) =>
      [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, by = '']) => by.split(', ')),
    );
    const known = ['method', 'route', 'status', 'le', 'kind', 'instance', 'consumer'];
    expect(labels.filter((label) => !known.includes(label))).toEqual([]);
  });
});

describe('the built service', () => {
  let directory: string;
  let database: TestDatabase;
  let ports: { main: string; own: string };
  let started: StartedService;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crm-metrics-'));
    database = await cloneDatabase();
  });
  afterEach(async () => {
    await started.kill();
    await database.drop();
    await rm(directory, { recursive: true });
  });

  async function start(environment: Record<string, string>): Promise<void> {
    const [PORT, METRICS_PORT] = [await freePort(), await freePort()];
    started = new StartedService(directory, { PORT, METRICS_PORT, DATABASE_URL: database.url, ...environment });
    await started.started();
    ports = { main: `http://127.0.0.1:${PORT}`, own: `http://127.0.0.1:${METRICS_PORT}` };
  }

  const live = { method: 'GET', route: '/health/live', status: 200 };

  it('has a port for nothing else, which asks for no token and leaves that of the API closed', async () => {
    await start({});
    await fetch(`${ports.main}/health/live`);
    const answer = await scrape(ports.own);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(new Samples(await answer.text()).get('http_requests_total', live)).toBe(1);
    expect((await fetch(`${ports.own}/health/live`)).status).toBe(404);
    expect((await fetch(`${ports.own}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await scrape(ports.main)).status).toBe(401);
    started.signal('SIGTERM');
    expect(await started.exit()).toBe(0);
  });

  it('adds up what all its processes say, on both ports', async () => {
    await start({ WEB_CONCURRENCY: '2', METRICS_TOKEN: TOKEN });
    // Connections are what the processes share: each request has one of its own.
    for (let n = 0; n < 10; n += 1) await fetch(`${ports.main}/health/live`, { headers: { connection: 'close' } });
    expect((await scrape(ports.own)).status).toBe(401);
    for (const origin of [ports.own, ports.main, ports.main]) {
      const now = new Samples(await (await scrape(origin, `Bearer ${TOKEN}`)).text());
      expect(now.get('http_requests_total', live)).toBe(10);
      expect(now.get('http_request_duration_seconds_count', { method: 'GET', route: '/health/live' })).toBe(10);
      expect(now.get('db_pool_max_connections')).toBe(20);
    }
  });
});

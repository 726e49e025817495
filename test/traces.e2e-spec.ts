import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { Collector, deafCollector } from './support/collector.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { minimal } from './support/fixtures.js';
import { freePort, StartedService } from './support/started-service.js';

const KEY = generateKey('test');
const PARENT = 'b7ad6b7169203331';
const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];

let directory: string;
let database: TestDatabase;
let service: StartedService;
let origin: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crm-traces-'));
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

const newTrace = (): string => randomBytes(16).toString('hex');

function create(traceparent?: string): Promise<Response> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  return fetch(`${origin}/api/crm/opportunity`, {
    method: 'POST',
    headers: { ...headers, ...(traceparent !== undefined && { traceparent }) },
    body: JSON.stringify({ ...minimal, title: 'Very Personal' }),
  });
}

describe('sent to a collector', () => {
  let collector: Collector;
  beforeAll(async () => {
    collector = await Collector.start();
    await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=acme',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'info',
    });
  });
  afterAll(async () => {
    await service.kill();
    await collector.stop();
  });

  it('have the request, as part of the trace of its client, and its statements', async () => {
    const trace = newTrace();
    const answer = await create(`00-${trace}-${PARENT}-01`);
    const name = 'POST /api/crm/opportunity';
    const spans = await collector.trace(trace, name);
    const request = spans.find((span) => span.name === name);
    expect(request).toMatchObject({ parentSpanId: PARENT, kind: SERVER });
    expect(request?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/crm/opportunity',
      'http.response.status_code': 201,
      'crm.request_id': answer.headers.get('request-id'),
    });
    expect(request?.resource).toMatchObject({
      'service.name': 'crm-opportunity-service',
      'deployment.environment.name': 'test',
    });
    const statements = spans.filter(({ kind }) => kind === CLIENT);
    expect(spans.filter(({ kind }) => kind === INTERNAL)).toEqual([]);
    expect(statements.length).toBeGreaterThan(0);
    for (const statement of statements) expect(statement.parentSpanId).toBe(request?.spanId);
    const insert = statements.find(({ attributes }) =>
      /insert into "?opportunity"?/i.test(String(attributes['db.query.text'])),
    );
    expect(insert?.attributes).toMatchObject({ 'db.system.name': 'postgresql' });
    expect(JSON.stringify(collector.spans)).not.toMatch(new RegExp(`Personal|${KEY.slice(0, -1)}`));
    expect(collector.headers[0]).toMatchObject({ 'x-tenant': 'acme' });
  });

  it('begin anew without a client that traces, or with one that is not understood, and the log names them', async () => {
    for (const traceparent of [undefined, 'nonsense']) {
      const id = (await create(traceparent)).headers.get('request-id') ?? '';
      await service.prints(id);
      const line = JSON.parse(service.output.split('\n').find((each) => each.includes(id)) ?? '');
      expect(line.trace_id).toMatch(/^[0-9a-f]{32}$/);
      const spans = await collector.trace(line.trace_id, 'POST /api/crm/opportunity');
      expect(spans.find(({ kind }) => kind === SERVER)?.parentSpanId).toBeUndefined();
    }
  });

  it('are not made for a client that says not to', async () => {
    const [quiet, loud] = [newTrace(), newTrace()];
    await create(`00-${quiet}-${PARENT}-00`);
    await create(`00-${loud}-${PARENT}-01`);
    await collector.trace(loud, 'POST /api/crm/opportunity');
    expect(collector.spans.filter(({ traceId }) => traceId === quiet)).toEqual([]);
  });

  it('are made of what has no route, too, and have no path', async () => {
    const trace = newTrace();
    await fetch(`${origin}/made/up`, { headers: { traceparent: `00-${trace}-${PARENT}-01` } });
    const [span] = await collector.trace(trace, 'GET');
    expect(span?.attributes['http.response.status_code']).toBe(404);
    expect(JSON.stringify(span)).not.toContain('made');
  });
});

/** Has the service print at its end how many modules of OpenTelemetry it has loaded. */
async function reportOfModules(): Promise<string> {
  const report = join(directory, 'report.cjs');
  await writeFile(
    report,
    `process.on('exit', () => console.log('LOADED', Object.keys(require.cache).filter((path) =>
      /@opentelemetry.(sdk|exporter|otlp|resources|core)/.test(path)).length));`,
  );
  return `--require ${report}`;
}

const loadedModules = (): number => Number(/LOADED (\d+)/.exec(service.output)?.[1]);

describe('when the collector', () => {
  afterEach(() => service.kill());

  it('has not got them yet, are sent before the service ends', async () => {
    const collector = await Collector.start();
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '600000' });
    await create(`00-${newTrace()}-${PARENT}-01`);
    expect(collector.spans).toEqual([]);
    service.signal('SIGTERM');
    expect(await service.exit()).toBe(0);
    expect(collector.spans.map(({ name }) => name)).toContain('POST /api/crm/opportunity');
    await collector.stop();
  });

  it.each(['is not there', 'never answers'])('%s, requests are served and the service ends as ever', async (how) => {
    const deaf = how === 'never answers' ? await deafCollector() : { url: `http://127.0.0.1:${await freePort()}` };
    const NODE_OPTIONS = await reportOfModules();
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: deaf.url, OTEL_BSP_SCHEDULE_DELAY: '50', NODE_OPTIONS });
    const answers = await Promise.all(Array.from({ length: 20 }, () => create()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    service.signal('SIGTERM');
    expect(await service.exit()).toBe(0);
    expect(loadedModules()).toBeGreaterThan(0);
    if ('stop' in deaf) deaf.stop();
  });

  it('is none, nothing of OpenTelemetry is loaded', async () => {
    await start({ NODE_OPTIONS: await reportOfModules() });
    await create();
    service.signal('SIGTERM');
    await service.exit();
    expect(loadedModules()).toBe(0);
  });
});

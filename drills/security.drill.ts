import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { minimal } from '../test/support/fixtures.js';
import { freePort, StartedService } from '../test/support/started-service.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { drillDirectory, DrillPostgres, queryOnce } from './support/drill-postgres.js';
import { judge, type Judgement, type Target } from './support/sqlmap.js';
import { failureIn } from './support/tree-copy.js';

/** The OWASP tests, which CI runs among all tests and this drill in its full form, and sqlmap on the running service. */
export const drill: Drill = {
  promise: 'Nobody gets in where they do not belong, and no input becomes SQL',
  async run(options: DrillOptions): Promise<Outcome> {
    const directory = await drillDirectory();
    const server = await DrillPostgres.start();
    const key = generateKey('test');
    const port = await freePort();
    const environment = { PORT: port, DATABASE_URL: server.url, BOOTSTRAP_API_KEY: key, RATE_LIMIT_REQUESTS: '0' };
    const service = new StartedService(directory, { ...environment, LOG_LEVEL: 'error' });
    try {
      await service.started();
      return await attack(`http://127.0.0.1:${port}`, key, server.url, directory, options);
    } finally {
      service.signal('SIGTERM');
      await service.exit();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function attack(
  origin: string,
  key: string,
  databaseUrl: string,
  directory: string,
  { full, log }: DrillOptions,
): Promise<Outcome> {
  const failures = full ? await owasp(log) : [];
  const control = await startVulnerable(databaseUrl);
  const level = full ? 2 : 1;
  const url = `http://127.0.0.1:${(control.address() as AddressInfo).port}/?name=x*`;
  const found = await judge({ name: 'control', url }, directory, 1, 120).finally(() => control.close());
  if (!found.injectable) failures.push('sqlmap does not find the injection that was made for it to find');

  const judged: Judgement[] = [];
  for (const target of await targets(origin, key, full)) {
    const judgement = await judge(target, directory, level, 600);
    log(`${target.name}: ${judgement.injectable ? 'INJECTABLE' : 'nothing'}`);
    judged.push(judgement);
    if (judgement.injectable) failures.push(`sqlmap gets SQL through ${target.name}`);
  }
  const tests = full ? 'OWASP API Top 10: all tests pass; ' : '';
  const figure = `${tests}sqlmap at level ${level}: ${judged.filter(({ injectable }) => injectable).length} of ${judged.length} parameters injectable, its control found`;
  return { passed: failures.length === 0, figure: failures.length === 0 ? figure : failures.join('; '), failures };
}

/** One of each way by which input comes near a statement; the first ones are those of the short form. */
async function targets(origin: string, key: string, full: boolean): Promise<Target[]> {
  const headers = { Authorization: `Bearer ${key}` };
  const api = `${origin}/api/crm/opportunity`;
  const json = { ...headers, 'Content-Type': 'application/json' };
  const created = await fetch(api, { method: 'POST', headers: json, body: JSON.stringify({ ...minimal, title: 'x' }) });
  const { id } = (await created.json()) as { id: string };
  const list = (name: string, query: string): Target => ({ name, url: `${api}?${query}`, headers });
  const write = (name: string, method: string, path: string, body: object): Target => ({
    name,
    url: api + path,
    method,
    headers: json,
    body: JSON.stringify(body),
  });
  const some = [
    list('filter', 'title=x*'),
    list('sort', 'sort=created_at*'),
    list('search', 'q=x*'),
    { name: 'path id', url: `${api}/${id}*`, headers },
    write('text of a body', 'PATCH', `/${id}`, { title: 'x*' }),
  ];
  if (!full) return some;
  return [
    ...some,
    list('operator', 'opportunity_amount[gte]=1*'),
    list('list of values', 'status[in]=Open*'),
    list('name of a filter', 'title*=x'),
    list('fields', 'fields=title*'),
    list('cursor', 'starting_after=x*'),
    list('limit', 'limit=1*'),
    write('number of a body', 'PATCH', `/${id}`, { probability: '1*' }),
    write('child', 'POST', '', { ...minimal, items: [{ item_name: 'x*' }] }),
    { name: 'parent id', url: `${api}-item?parent_id=${id}*`, headers },
    { ...write('idempotency key', 'POST', '', minimal), headers: { ...json, 'Idempotency-Key': 'x*' } },
    { name: 'key', url: api, headers: { Authorization: `Bearer ${key}*` } },
  ];
}

/** What the service must never be: input pasted into a statement. Shows that sqlmap, as it is run here, finds such a thing. */
async function startVulnerable(databaseUrl: string): Promise<Server> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '', 'http://localhost').searchParams.get('name') ?? '';
    queryOnce(databaseUrl, `select datname from pg_database where datname = '${name}'`).then(
      (rows) => response.end(JSON.stringify(rows)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function owasp(log: (line: string) => void): Promise<string[]> {
  const failure = await failureIn('.', 'npx vitest run test/owasp.e2e-spec.ts');
  if (failure !== undefined) return [`OWASP tests: ${failure}`];
  log('OWASP tests: passed');
  return [];
}

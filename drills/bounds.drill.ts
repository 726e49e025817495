import { setTimeout as delay } from 'node:timers/promises';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { greedyRequests, type GreedyRequest } from './support/greedy-requests.js';
import { isGood, LoopbackLoad, percentile, type Sample } from './support/loopback-load.js';
import { peakMemory } from './support/memory.js';
import { seed } from './support/seed.js';
import { addWorkspace } from './support/workspaces.js';

const AT_ONCE = 4;
const PER_SECOND = 30;
/** Those of the same workspace wait in line behind the greedy client, so that their times have no bound. */
const COLLEAGUES_PER_SECOND = 5;
const TIMES_IDLE = 5;
/** Below this, five times as long says more about the machine than about the service. */
const LEAST_IDLE_MS = 10;
const MOST_MEMORY_MIB = 300;
const MOST_HEADER_BYTES = 8192;
const MOST_ANSWER_BYTES = 4_194_304;

export const drill: Drill = {
  promise: 'one client that asks for too much is told so, costs no memory and other workspaces no time',
  async run(options): Promise<Outcome> {
    const postgres = await DrillPostgres.start();
    const service = await DrillService.start({ DATABASE_URL: postgres.url });
    try {
      const large = await fill(postgres, options.full);
      // Started anew, so that its memory is that of the drill.
      await service.kill();
      await service.launch();
      return await attack(postgres, service, greedyRequests(large), options);
    } finally {
      await service.stop();
      await postgres.stop();
    }
  },
};

/** Many opportunities with a word in common, and a hundred with a thousand items of long texts each; answers one of these. */
async function fill(postgres: DrillPostgres, full: boolean): Promise<string> {
  const [workspace] = await postgres.query<{ id: string }>('select id from workspace');
  const workspaceId = workspace?.id ?? '';
  await seed((text, values) => postgres.query(text, values), workspaceId, full ? 300_000 : 20_000);
  await postgres.query(
    `insert into opportunity (workspace_id, id, opportunity_from, party_name, title, company, transaction_date)
     select $1, 'opportunity_02' || lpad(n::text, 24, '0'), 'Lead', 'Drill', 'Large ' || n, 'Example Corp', '2024-01-15'
     from generate_series(1, $2::int) n`,
    [workspaceId, LARGE],
  );
  await postgres.query(
    `insert into opportunity_item (workspace_id, id, idx, opportunity_id, description, conversion_rate)
     select $1, 'opportunity-item_02' || lpad((n * 1000 + i)::text, 24, '0'), i, 'opportunity_02' || lpad(n::text, 24, '0'),
       repeat('long ', 1200), 1
     from generate_series(1, $2::int) n, generate_series(1, 1000) i`,
    [workspaceId, LARGE],
  );
  await postgres.query('vacuum analyze');
  return `opportunity_02${'1'.padStart(24, '0')}`;
}

const LARGE = 100;

async function attack(
  postgres: DrillPostgres,
  service: DrillService,
  requests: readonly GreedyRequest[],
  { full, log }: DrillOptions,
): Promise<Outcome> {
  const keys = { others: await addWorkspace(postgres, 'others'), colleagues: await colleagueKey(service) };
  await loaded(service, keys, delay(2000));
  const { others: idle } = await loaded(service, keys, delay(full ? 5000 : 3000));
  const allowed = TIMES_IDLE * Math.max(idle.p95, LEAST_IDLE_MS);
  log(`idle: p95 ${idle.p95.toFixed(1)} ms of ${idle.count} requests`);
  const failures: string[] = [];
  let worst = 0;
  for (const request of requests) {
    const rounds = repeated(service, request, full ? 10 : 3, failures);
    const { others, colleagues } = await loaded(service, keys, rounds);
    const { p95, failed, count } = others;
    const left = await working(postgres);
    worst = Math.max(worst, p95);
    log(
      `${request.name}: the others' p95 ${p95.toFixed(1)} ms of ${count}, that of colleagues ` +
        `${colleagues.p95.toFixed(1)} ms, ${await peakMemory(service.pid)} MiB so far`,
    );
    if (failed > 0) failures.push(`${request.name}: ${failed} of ${count} requests of others failed`);
    if (colleagues.failed > 0)
      failures.push(`${request.name}: ${colleagues.failed} of ${colleagues.count} requests of colleagues failed`);
    if (p95 > allowed)
      failures.push(`${request.name}: the others' p95 ${p95.toFixed(1)} ms, allowed ${allowed.toFixed(1)} ms`);
    if (left > 0) failures.push(`${request.name}: ${left} connections of PostgreSQL still work after the answer`);
  }
  const memory = await peakMemory(service.pid);
  if (memory > MOST_MEMORY_MIB) failures.push(`${memory} MiB of memory, allowed ${MOST_MEMORY_MIB}`);
  const figure = `${memory} MiB at most, the others' p95 ${worst.toFixed(1)} ms, ${idle.p95.toFixed(1)} ms idle`;
  return { passed: failures.length === 0, figure, failures };
}

/** Several at once, again and again; every answer is judged. */
async function repeated(
  service: DrillService,
  request: GreedyRequest,
  rounds: number,
  failures: string[],
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const problems = await Promise.all(Array.from({ length: AT_ONCE }, () => problemOf(service, request)));
    failures.push(...problems.filter((problem) => problem !== undefined));
  }
}

async function problemOf(
  service: DrillService,
  { name, path, body, expected }: GreedyRequest,
): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' };
  const response = await fetch(`${service.origin}/api/crm${path}`, {
    headers,
    ...(body !== undefined && { method: 'POST', body }),
  });
  const text = await response.text();
  const { error } = (text.length > MOST_ANSWER_BYTES ? {} : JSON.parse(text)) as { error?: { code: string } };
  const got = [response.status, error?.code].filter((part) => part !== undefined).join(' ');
  if (got !== expected) return `${name}: ${got} instead of ${expected}`;
  if (text.length > MOST_ANSWER_BYTES) return `${name}: an answer of ${text.length} bytes`;
  const headerBytes = [...response.headers].join('\r\n').length;
  return headerBytes > MOST_HEADER_BYTES ? `${name}: ${headerBytes} bytes of headers` : undefined;
}

async function colleagueKey(service: DrillService): Promise<string> {
  const { body } = await service.client().post('//api/keys', { name: 'colleagues', scopes: ['read', 'write'] });
  return (body as { secret: string }).secret;
}

interface Met {
  p95: number;
  failed: number;
  count: number;
}

/** What another workspace, and other clients of the greedy one's, meet while something else goes on. */
async function loaded(
  service: DrillService,
  keys: { others: string; colleagues: string },
  meanwhile: Promise<unknown>,
): Promise<{ others: Met; colleagues: Met }> {
  const others = new LoopbackLoad(service.origin, keys.others, PER_SECOND);
  const colleagues = new LoopbackLoad(service.origin, keys.colleagues, COLLEAGUES_PER_SECOND);
  await Promise.all([meanwhile, delay(1500)]);
  const [met, metByColleagues] = await Promise.all([others.stop(), colleagues.stop()]);
  return { others: summary(met), colleagues: summary(metByColleagues) };
}

function summary(samples: readonly Sample[]): Met {
  const times = samples.map(({ ms }) => ms);
  const failed = samples.filter(({ status }) => !isGood(status)).length;
  return { p95: percentile(times, 0.95), failed, count: samples.length };
}

/** Connections of the service that PostgreSQL still works for. */
async function working(postgres: DrillPostgres): Promise<number> {
  const [row] = await postgres.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity
     where state = 'active' and application_name = 'crm-opportunity-service'`,
  );
  return row?.n ?? -1;
}

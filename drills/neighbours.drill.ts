import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../test/support/client.js';
import { createOpportunity, minimal } from '../test/support/fixtures.js';
import { checkedImport, NDJSON_TYPE, ran } from '../test/support/imports.js';
import type { Drill, DrillOptions } from './drill.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { percentile } from './support/loopback-load.js';
import { seed } from './support/seed.js';
import { addWorkspace, workspaceId } from './support/workspaces.js';

const NEIGHBOURS = 4;
const ITEMS = 1000;
const TIMES_IDLE = 5;
/** Below this, a multiple says more about the machine than about the service. */
const LEAST_IDLE_MS = 5;

/** What a workspace sends over and over until it is told to end. */
type Request = (api: Client, deal: string, n: number) => Promise<unknown>;

const sortByTitle: Request = (api) => api.get('/opportunity?sort=title');
const changeRate: Request = (api, deal, n) =>
  api.patch(`/opportunity/${deal}`, { conversion_rate: 1 + (n % 50) / 100 });

const ROWS = 5000;
const importFile: Request = async (api) => {
  const row = `${JSON.stringify({ ...minimal, items: Array(5).fill({ qty: 1, rate: 0.1 }) })}\n`;
  const { id } = await checkedImport(api, { format: 'ndjson', mode: 'create' }, row.repeat(ROWS), NDJSON_TYPE);
  await ran(api, id as string);
};

const busy: [what: string, clients: number, request: Request][] = [
  ['10 × sort=title', 10, sortByTitle],
  ['30 × sort=title', 30, sortByTitle],
  [`30 × PATCH conversion_rate of a deal with ${ITEMS} items`, 30, changeRate],
  [`an import of ${ROWS} rows with five items each`, 1, importFile],
];

export const drill: Drill = {
  promise: 'a workspace with many slow requests makes those of another neither slow nor fail',
  async run(options) {
    const postgres = await DrillPostgres.start();
    try {
      const service = await DrillService.start({ DATABASE_URL: postgres.url });
      try {
        return await attack(service, postgres, options);
      } finally {
        await service.stop();
      }
    } finally {
      await postgres.stop();
    }
  },
};

async function attack(
  service: DrillService,
  postgres: DrillPostgres,
  { full, log }: DrillOptions,
): ReturnType<Drill['run']> {
  const seconds = full ? 15 : 5;
  await seed(
    (text, values) => postgres.query(text, values),
    await workspaceId(postgres, 'default'),
    full ? 300_000 : 100_000,
  );
  const neighbour = new Client(service.origin, await addWorkspace(postgres, 'neighbour'), service.check);
  const { id: deal } = await createOpportunity(service.client(), { items: Array(ITEMS).fill({ qty: 1, rate: 0.1 }) });

  await measure(neighbour, delay(2000));
  const idle = await measure(neighbour, delay(seconds * 1000));
  const allowed = TIMES_IDLE * Math.max(idle.p95, LEAST_IDLE_MS);
  log(`alone: ${idle.count} answers in ${seconds} s, p95 ${idle.p95.toFixed(1)} ms`);
  const failures: string[] = [];
  let worst = 0;
  for (const [what, clients, request] of busy) {
    const beside = await measure(neighbour, keepBusy(service.client(), deal as string, clients, request, seconds));
    worst = Math.max(worst, beside.p95);
    log(`beside ${what}: ${beside.count} answers, p95 ${beside.p95.toFixed(1)} ms, ${beside.failed} failed`);
    if (beside.failed > 0) failures.push(`beside ${what}: ${beside.failed} of ${beside.count} requests failed`);
    if (beside.p95 > allowed)
      failures.push(`beside ${what}: p95 ${beside.p95.toFixed(1)} ms, allowed ${allowed.toFixed(1)} ms`);
  }
  const figure = `p95 at most ${worst.toFixed(1)} ms beside a busy workspace, ${idle.p95.toFixed(1)} ms alone, ${failures.length} failures`;
  return { passed: failures.length === 0, figure, failures };
}

/** The clients of a busy workspace, each with one request after the other; being refused is a part of it. */
async function keepBusy(api: Client, deal: string, clients: number, request: Request, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let sent = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) await request(api, deal, (sent += 1));
  };
  await Promise.all(Array.from({ length: clients }, one));
}

interface Measured {
  p95: number;
  count: number;
  failed: number;
}

/** How the neighbour fares meanwhile: its clients create deals and read them again. */
async function measure(api: Client, meanwhile: Promise<unknown>): Promise<Measured> {
  const times: number[] = [];
  let failed = 0;
  let isOver = false;
  const timed = async (request: () => ReturnType<Client['get']>): Promise<string> => {
    const since = performance.now();
    const { status, body } = await request();
    times.push(performance.now() - since);
    if (status >= 300) failed += 1;
    return String((body as { id?: string }).id);
  };
  const one = async (): Promise<void> => {
    while (!isOver) {
      const id = await timed(() => api.post('/opportunity', minimal));
      for (let reads = 0; reads < 4; reads++) await timed(() => api.get(`/opportunity/${id}`));
    }
  };
  const clients = Promise.all(Array.from({ length: NEIGHBOURS }, one));
  await meanwhile;
  isOver = true;
  await clients;
  return { p95: percentile(times, 0.95), count: times.length, failed };
}

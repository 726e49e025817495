import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Json } from '../test/support/client.js';
import { minimal } from '../test/support/fixtures.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { isGood, LoopbackLoad, percentile } from './support/loopback-load.js';
import { forgetPeak, peakMemory } from './support/memory.js';
import { seed } from './support/seed.js';
import { addWorkspace, workspaceId } from './support/workspaces.js';

const SHORT = { deals: 20_000, rows: 2000 };
const FULL = { deals: 1_000_000, rows: 40_000 };
/** Whatever the size of the files: what a process holds at rest, and the garbage that V8 lets be before it collects. */
const MOST_MEMORY_MIB = 400;
const LONG_TEXT = 'A reason that takes its time. '.repeat(300);
const WORKING = ['checking', 'running'];
/** An export whose client reads nothing is given up after a minute. */
const STALLED_MS = 65_000;
const OTHERS_PER_SECOND = 20;

export const drill: Drill = {
  promise: `exports and imports of any size keep the service under ${MOST_MEMORY_MIB} MiB, a client that stops reading holds nothing, and others go on`,
  async run(options): Promise<Outcome> {
    const postgres = await DrillPostgres.start();
    try {
      const service = await DrillService.start({ DATABASE_URL: postgres.url, LOG_LEVEL: 'error' });
      try {
        return await carry(service, postgres, options);
      } finally {
        await service.stop();
      }
    } finally {
      await postgres.stop();
    }
  },
};

async function carry(service: DrillService, postgres: DrillPostgres, { full, log }: DrillOptions): Promise<Outcome> {
  const { deals, rows } = full ? FULL : SHORT;
  const failures: string[] = [];
  await seed((text, values) => postgres.query(text, values), await workspaceId(postgres, 'default'), deals);
  // What a process needs once is not the file's.
  await exported(service, 'ndjson', '&status=Lost&transaction_date[lt]=2024-02-01');
  await imported(service, 10);
  const others = new LoopbackLoad(service.origin, await addWorkspace(postgres, 'others'), OTHERS_PER_SECOND);
  const since = performance.now();
  const stalled = full ? stall(service) : undefined;
  let most = 0;
  const measured = async (what: string, work: () => Promise<string>): Promise<void> => {
    await forgetPeak(service.pid);
    const [done, peak] = [await work(), await peakMemory(service.pid)];
    most = Math.max(most, peak);
    log(`${what}: ${done}, with at most ${peak} MiB of memory`);
    if (peak > MOST_MEMORY_MIB) failures.push(`${what}: the service has taken ${peak} MiB`);
  };
  for (const format of ['ndjson', 'csv', 'erpnext_csv'])
    await measured(`export as ${format}`, async () => {
      const { bytes, last } = await exported(service, format);
      if (!last.includes(`Deal ${deals}`)) failures.push(`the export as ${format} ends with ${last.slice(-200)}`);
      return `${Math.round(bytes / 1e6)} MB`;
    });
  await measured('import', async () => {
    const { status, created, bytes } = await imported(service, rows);
    if (status !== 'succeeded' || created !== rows) failures.push(`the import is ${status}, with ${created} rows`);
    return `${Math.round(bytes / 1e6)} MB`;
  });
  if (stalled !== undefined) {
    await wait(Math.max(0, STALLED_MS - (performance.now() - since)));
    const open = await postgres.query(`select 1 from pg_stat_activity where state like 'idle in transaction%'`);
    if (open.length > 0) failures.push('the client that reads nothing still has its transaction');
    stalled.destroy();
  }
  const met = await others.stop();
  const failed = met.filter(({ status }) => !isGood(status));
  if (failed.length > 0) failures.push(`${failed.length} of ${met.length} requests of others failed`);
  const times = met.map(({ ms }) => ms);
  const figure = `at most ${most} MiB in exports of ${deals} opportunities and an import of ${rows} long rows; the others' p95 ${percentile(times, 0.95).toFixed(0)} ms`;
  return { passed: failures.length === 0, figure, failures };
}

async function exported(service: DrillService, format: string, query = ''): Promise<{ bytes: number; last: string }> {
  const url = `${service.origin}/api/crm/opportunity/export?format=${format}${query}`;
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${service.key}`, 'accept-encoding': 'identity' },
  });
  let bytes = 0;
  let last = '';
  for await (const part of response.body ?? []) {
    const piece = Buffer.from(part as Uint8Array);
    bytes += piece.length;
    last = (last + piece.toString('latin1')).slice(-200_000);
  }
  return { bytes, last };
}

/** Rows of ten kilobytes with two line items. */
async function imported(
  service: DrillService,
  rows: number,
): Promise<{ status: string; created: number; bytes: number }> {
  const api = service.client();
  const { body: made } = await api.post('//api/imports', { format: 'ndjson', mode: 'create' });
  const path = `//api/imports/${String(made.id)}`;
  let bytes = 0;
  const lines = function* (): Generator<Buffer> {
    for (let n = 0; n < rows; n++) {
      const items = [{ qty: n, rate: 0.1 }, { item_name: 'Chair' }];
      const line = Buffer.from(
        `${JSON.stringify({ ...minimal, title: `row ${n}`, order_lost_reason: LONG_TEXT, items })}\n`,
      );
      bytes += line.length;
      yield line;
    }
  };
  const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/x-ndjson' };
  const body = Readable.toWeb(Readable.from(lines())) as ReadableStream;
  const sent = await fetch(`${service.origin}${path.slice(1)}/file`, {
    method: 'PUT',
    headers,
    body,
    duplex: 'half',
  });
  if (sent.status !== 202) throw new Error(await sent.text());
  const settled = async (): Promise<Json> => {
    for (;;) {
      const { body: state } = await api.get(path);
      if (!WORKING.includes(state.status as string)) return state;
      await wait(100);
    }
  };
  await settled();
  await api.post(`${path}/run`, undefined);
  return { ...(await settled()), bytes };
}

/** A client that asks for everything, and reads nothing. */
function stall(service: DrillService): ReturnType<typeof connect> {
  const socket = connect(Number(new URL(service.origin).port), '127.0.0.1').pause();
  socket.write(
    `GET /api/crm/opportunity/export?format=ndjson HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${service.key}\r\n\r\n`,
  );
  return socket.on('error', () => undefined);
}

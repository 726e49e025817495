import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { freePort, StartedService } from '../test/support/started-service.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { Caller } from './support/caller.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { LIMIT_MS, Pgbouncer } from './support/pgbouncer.js';

/** Fewer connections to the server than any of the pools before it has, so that they are shared in the midst of things. */
const SERVER_CONNECTIONS = 4;
const DEALS_AT_ONCE = 12;
const ITEMS = 5;

/** Advisory locks that nobody works under any more would keep the next start waiting for ever. */
const LOCKS = `select from pg_locks join pg_database d on d.oid = database where locktype = 'advisory' and datname = 'crm'`;

/** Two processes of the service work through PgBouncer in transaction mode, from the migrations on. */
export const drill: Drill = {
  promise: 'Through PgBouncer in transaction mode everything works: migrations, locks, transactions, times, repetition',
  async run(options: DrillOptions): Promise<Outcome> {
    // Not UTC: the service has to say what it needs, and PgBouncer to keep it for each connection.
    const server = await DrillPostgres.start({ timezone: 'America/St_Johns' });
    try {
      const bouncer = await Pgbouncer.start(server.url, SERVER_CONNECTIONS);
      try {
        return await through(bouncer, server, options);
      } finally {
        await bouncer.stop();
      }
    } finally {
      await server.stop();
    }
  },
};

async function through(bouncer: Pgbouncer, server: DrillPostgres, { full, log }: DrillOptions): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'crm-drill-'));
  const key = generateKey('test');
  const service = new StartedService(directory, {
    PORT: await freePort(),
    DATABASE_URL: bouncer.url,
    DATABASE_PREPARED_STATEMENTS: String(bouncer.prepares),
    DATABASE_STATEMENT_TIMEOUT_MS: String(LIMIT_MS),
    DATABASE_LOCK_TIMEOUT_MS: String(LIMIT_MS),
    DATABASE_CONNECT_TIMEOUT_MS: String(LIMIT_MS),
    WEB_CONCURRENCY: '2',
    BOOTSTRAP_API_KEY: key,
  });
  try {
    await service.started();
    log(`the service runs behind PgBouncer ${bouncer.version}`);
    const caller = new Caller(service.printed('API').replace('/opportunity', ''), key);
    for (let round = 0; round < (full ? 100 : 5); round++)
      await Promise.all(Array.from({ length: DEALS_AT_ONCE }, (_none, index) => deal(caller, `${round}-${index}`)));
    const held = await server.query(LOCKS);
    if (held.length > 0) caller.failures.push(`${held.length} advisory locks are left`);
    const { requests, failures } = caller;
    const figure = `${requests} requests through PgBouncer ${bouncer.version}, ${SERVER_CONNECTIONS} connections for 2 processes: ${failures.length} failures`;
    return { passed: failures.length === 0, figure, failures };
  } finally {
    service.signal('SIGTERM');
    await service.exit();
    await rm(directory, { recursive: true, force: true });
  }
}

/** A deal as clients make it: created once although sent twice, its children changed by several at once, then read. */
async function deal(caller: Caller, name: string): Promise<void> {
  const once = { 'Idempotency-Key': name };
  const body = {
    opportunity_from: 'Lead',
    party_name: name,
    company: 'Example Corp',
    transaction_date: '2024-01-15',
    items: [{ item_name: 'first', qty: 1, rate: 1.5 }],
  };
  const before = Date.now();
  const created = await caller.post('/opportunity', body, once);
  const again = await caller.post('/opportunity', body, once);
  caller.expect(again.text === created.text, `${name}: the repetition is answered something else`);
  const id = String(created.body.id);
  const age = Math.abs(Date.parse(String(created.body.created_at)) - before);
  caller.expect(age < 60_000, `${name}: created_at is off by ${Math.round(age / 1000)} s`);

  const adding = Array.from({ length: ITEMS }, (_none, index) =>
    caller.post('/opportunity-item', { opportunity_id: id, item_name: `item ${index}`, qty: 2, rate: 10.25, idx: 1 }),
  );
  await Promise.all([...adding, caller.patch(`/opportunity/${id}`, { conversion_rate: 2 })]);
  const ids = idsOf(await caller.get(`/opportunity-item?parent_id=${id}`)).reverse();
  await caller.post('/opportunity-item/reorder', { parent_id: id, ids });
  const reordered = await caller.get(`/opportunity-item?parent_id=${id}`);
  caller.expect(idsOf(reordered).join() === ids.join(), `${name}: the order is not the one that was wanted`);

  const read = await caller.get(`/opportunity/${id}`);
  const total = 1.5 + ITEMS * 20.5;
  caller.expect(read.body.total === total, `${name}: the total is ${String(read.body.total)}, not ${total}`);
  caller.expect(read.body.base_total === 2 * total, `${name}: the base total is ${String(read.body.base_total)}`);
  await caller.get(`/opportunity?party_name=${name}&sort=-total&expand=items`);
  await caller.get('/opportunity?limit=20');
}

function idsOf({ body }: { body: Record<string, unknown> }): string[] {
  return (body['data'] as { id: string }[]).map(({ id }) => id);
}

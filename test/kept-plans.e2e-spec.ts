import pg from 'pg';
import { DataSource } from 'typeorm';
import { DECLARE, PATIENCE, READ } from '../src/events/fresh-events.js';
import { BEHIND, FEED_LAG, STATE } from '../src/events/numbering.js';
import { CLAIM, CLAIMED, LOCK, RECORD, RELEASE } from '../src/webhooks/claims.js';
import { KEEP_TO_INDEXES } from '../src/webhooks/looks.js';
import { PUT_OFF_WAITING } from '../src/webhooks/waiting.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/* What PostgreSQL plans: to plan a statement of this service anew takes it as long as to run it. */

let service: Service;
beforeAll(async () => {
  service = await startService({ DATABASE_POOL_SIZE: '1' });
  // Plans are chosen by cost, so there has to be something to read.
  await service.database.query(
    `insert into opportunity (workspace_id, id, opportunity_from, party_name, company, transaction_date, created_at)
     select w.id, 'opportunity_' || n, 'Lead', 'p', 'c', '2024-01-15', timestamptz '2024-01-15Z' + n * interval '1 minute'
     from workspace w, generate_series(1, 5000) n where w.name = 'default'`,
  );
  await service.database.query(
    `insert into opportunity_item (workspace_id, id, opportunity_id, idx, qty, rate, conversion_rate)
     select workspace_id, id || '_' || n, id, n, 1, 1, 1 from opportunity, generate_series(1, 3) n`,
  );
  await service.database.query('analyze');
});
afterAll(() => service.stop());

/** PostgreSQL plans a prepared statement anew five times, and from then on only if that pays. */
const TIMES = 9;

/** Tables of the numbering of events, which plans anew on purpose, and the number of its lock. */
const BESIDE_REQUESTS = 'event_feed|feed_entry|webhook_endpoint|471120594';

/** The statements on the service's connection that are planned anew for each request. */
async function plannedAnew(): Promise<string[]> {
  const rows = await service.app
    .get(DataSource)
    .query<{ statement: string }[]>(
      'select statement from pg_prepared_statements where custom_plans > 5 and statement !~ $1',
      [BESIDE_REQUESTS],
    );
  return rows.map(({ statement }) => statement);
}

it('reads and writes without a filter keep their plans', async () => {
  const { api } = service;
  const items = Array.from({ length: 10 }, () => ({ qty: 1, rate: 2 }));
  for (let time = 0; time < TIMES; time++) {
    const { id } = await createOpportunity(api, { items });
    const item = await addItem(api, id, { rate: 3, idx: 1 });
    const answers = [
      await api.get(`/opportunity/${id}?expand=items,lost_reasons`),
      await api.get('/opportunity'),
      await api.get('/opportunity?limit=100&include_total=false&expand=items'),
      await api.get(`/opportunity?starting_after=opportunity_300`),
      await api.get(`/opportunity?sort=expected_closing&starting_after=opportunity_300`),
      await api.get(`/opportunity-item?parent_id=${id}`),
      await api.post('/opportunity', minimal),
      await api.patch(`/opportunity/${id}`, { title: `${time}` }),
      await api.patch(`/opportunity-item/${item.id}`, { idx: 3, qty: 2 }),
      await api.delete(`/opportunity-item/${item.id}`),
      await api.delete(`/opportunity/${id}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 201, 200, 200, 200, 200]);
  }
  expect(await plannedAnew()).toEqual([]);
});

const LOOKS = {
  LOCK: ['text'],
  CLAIM: ['text', 'text[]', 'text'],
  PUT_OFF_WAITING: ['text', 'text[]'],
  RECORD: ['text', 'text', 'text', 'text', 'json', 'text', 'float8'],
  RELEASE: ['text', 'text', 'text'],
  CLAIMED: ['text', 'text', 'text[]'],
} as const;
const TEXTS = { LOCK, CLAIM, PUT_OFF_WAITING, RECORD, RELEASE, CLAIMED };

interface Plan {
  'Relation Name'?: string;
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** Rows of a table that a plan has read. */
function rowsRead(table: string, plan: Plan): number {
  const own = plan['Relation Name'] === table && plan['Node Type'].endsWith('Scan');
  const rows = own ? plan['Actual Loops'] * (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) : 0;
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsRead(table, child), rows);
}

/** Owed: those of opportunity `d1` of the ordered endpoint wait for one that is tried again later; the others are due. */
const OWED = `insert into webhook_delivery (workspace_id, id, endpoint_id, event_id, opportunity_id, type, position, status,
    next_attempt_at, tries, attempts, resent)
  select 'w', e.id || n, e.id, 'event_' || n, 'opportunity_d' || case when e.id = 'stuck' then 1 else n / 5 end,
    'opportunity.updated', n, 'pending', now() + case when n = 1 then interval '1 hour' else interval '-1 minute' end, 0, '[]', false
  from webhook_endpoint e, generate_series($1::int, $2) n where e.workspace_id = 'w'`;

/** The events of those, in the feed. */
const LOGGED = `with logged as (
    insert into event (workspace_id, id, subject_id, object_id, type, version, after)
    select 'w', 'event_' || n, 'opportunity_d1', 'opportunity_d1', 'opportunity.updated', n, '{}'
    from generate_series($1::int, $2) n returning *)
  insert into feed_entry (workspace_id, position, id, type, subject_id, created_at)
  select workspace_id, version, id, type, subject_id, created_at from logged`;

it('a look for deliveries reads as little of a large backlog as of a small one, whenever its plan was made', async () => {
  const session = new pg.Client({ connectionString: service.database.url });
  await session.connect();
  /** Says why, where a look reads more than it should. */
  let lastPlan = '';
  const look = async (name: keyof typeof LOOKS, values: string): Promise<number> => {
    await session.query('savepoint look');
    const { rows } = await session.query(`explain (analyze, format json) execute ${name} (${values})`);
    await session.query('rollback to look');
    const { Plan: plan } = rows[0]['QUERY PLAN'][0];
    lastPlan = JSON.stringify(plan);
    return ['webhook_delivery', 'feed_entry', 'event'].reduce((sum, table) => sum + rowsRead(table, plan), 0);
  };
  const endpoints = `'{plain,stuck,spread}'`;
  const looks = async (): Promise<number[]> => [
    await look('LOCK', `'w'`),
    await look('CLAIM', `'w', ${endpoints}, 'lease'`),
    await look('PUT_OFF_WAITING', `'w', '{stuck}'`),
    await look('RECORD', `'w', 'plain1', 'lease', 'delivered', '[]', '2024-01-15Z', null`),
    await look('RELEASE', `'w', 'plain1', 'lease'`),
  ];
  // The planner takes no care with a table of a few pages.
  const ofLarge = async (): Promise<unknown> => [await looks(), await look('CLAIMED', `'w', 'lease', ${endpoints}`)];
  try {
    // The workspace is one that the statistics do not know yet.
    await session.query('analyze event, feed_entry, webhook_delivery, webhook_endpoint');
    await session.query(`begin; ${KEEP_TO_INDEXES}`);
    for (const [name, types] of Object.entries(LOOKS))
      await session.query(`prepare ${name} (${types.join()}) as ${TEXTS[name as keyof typeof LOOKS]}`);
    await looks();
    await session.query(`insert into workspace (id, name, mode) values ('w', 'w', 'test')`);
    await session.query(
      `insert into webhook_endpoint (workspace_id, id, url, ordering, enabled_events, secrets, headers)
       select 'w', id, 'https://example.com', case id when 'plain' then 'none' else 'per_opportunity' end, '{*}', '[]', '{}'
       from unnest(${endpoints}::text[]) id`,
    );
    await session.query(LOGGED, [1, 2000]);
    await session.query(OWED, [1, 2000]);
    await session.query(`update webhook_delivery set lease = 'lease', leased_until = now() where id = 'plain1'`);
    const ofSmall = await looks();
    await session.query(LOGGED, [2001, 12_000]);
    await session.query(OWED, [2001, 12_000]);
    expect(await ofLarge(), lastPlan).toEqual([ofSmall, 3]);
    // PostgreSQL may plan anew at any time, also when it has not counted any of these rows yet.
    await session.query('discard plans');
    expect(await ofLarge(), lastPlan).toEqual([ofSmall, 3]);
    await session.query('analyze webhook_delivery');
    expect(await ofLarge(), lastPlan).toEqual([ofSmall, 3]);
    expect(Math.min(...ofSmall)).toBeGreaterThan(0);
    // Of three endpoints: one row each; then twenty each, the first of their deals, and what is taken.
    expect(ofSmall[0]).toBeLessThanOrEqual(3);
    expect(ofSmall[1]).toBeLessThanOrEqual(3 * 20 + 20 + 1 + 15);
    // The outcome of one delivery.
    expect(ofSmall.slice(3)).toEqual([1, 1]);
  } finally {
    await session.end();
  }
});

/** What the feed of a workspace has told already. */
const TOLD = `insert into event (workspace_id, subject_id, object_id, type, version, after, transaction_id)
  select 'w', 'deal_' || n % 100, 'deal_' || n % 100, 'opportunity.updated', n, '{}', $3 + n % 4 from generate_series($1::int, $2) n`;

const ENTRIES = `insert into feed_entry (workspace_id, position, id, type, subject_id, created_at)
  select workspace_id, version, id, type, subject_id, created_at from event where workspace_id = 'w' and version >= $1`;

it('a look for events that the feed lacks reads as little of a long history as of a short one', async () => {
  const session = new pg.Client({ connectionString: service.database.url });
  await session.connect();
  const statements = { BEHIND, STATE, READ, FEED_LAG };
  const looks = async (): Promise<Record<string, number>> => {
    const read: Record<string, number> = {};
    for (const [name, values] of [
      ['BEHIND', `('{w}')`],
      ['STATE', `('w')`],
      ['READ', `('w')`],
      ['FEED_LAG', ''],
    ] as const) {
      await session.query(name === 'READ' ? PATIENCE : 'set local enable_seqscan = on');
      const { rows } = await session.query(`explain (analyze, format json) execute ${name} ${values}`);
      const plan = rows[0]['QUERY PLAN'][0].Plan as Plan;
      read[name] = rowsRead('event', plan) + rowsRead('feed_entry', plan);
    }
    // A cursor has no kept plan: it is planned for the first rows, each time that there is a large backlog.
    await session.query(PATIENCE);
    const { rows } = await session.query(`explain (analyze, format json) ${DECLARE.replaceAll('$1', `'w'`)}`);
    const { Plan: plan } = rows[0]['QUERY PLAN'][0] as { Plan: Plan };
    return { ...read, DECLARE: rowsRead('event', plan) + rowsRead('feed_entry', plan) };
  };
  try {
    await session.query(`begin; delete from event_feed`);
    await session.query(`insert into workspace (id, name, mode) values ('w', 'w', 'test')`);
    await session.query(
      `insert into event_feed (workspace_id, log_id, cluster, snapshot, last_position, removed_position)
       values ('w', 'log', 'cluster', '900000:1000000:900001,900005', 0, 0)`,
    );
    // An import writes many events in one transaction, so there are few transactions.
    const tell = async (from: number, to: number): Promise<void> => {
      await session.query(TOLD, [from, to, 100]);
      await session.query(ENTRIES, [from]);
      await session.query('analyze event, feed_entry');
    };
    await tell(1, 2000);
    for (const [name, text] of Object.entries(statements))
      await session.query(`prepare ${name} ${{ BEHIND: '(text[])', FEED_LAG: '' }[name] ?? '(text)'} as ${text}`);
    const ofShort = await looks();
    await tell(2001, 12_000);
    expect(await looks()).toEqual(ofShort);
    expect(Object.values(ofShort).reduce((sum, rows) => sum + rows)).toBeLessThan(10);
    await session.query(TOLD, [12_001, 12_003, 1_000_000]);
    await session.query(TOLD, [12_004, 12_004, 900_005]);
    const { READ: read, DECLARE: declared } = await looks();
    // The four that are fresh.
    expect([read, declared]).toEqual([4, 4]);
    const { rows } = await session.query(`execute BEHIND ('{w}')`);
    expect(rows).toEqual([{ id: 'w', isBehind: true }]);
    expect((await session.query(`execute READ ('w')`)).rowCount).toBe(4);
  } finally {
    await session.end();
  }
});

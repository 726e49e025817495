import pg from 'pg';
import { DataSource } from 'typeorm';
import { CLAIM } from '../src/webhooks/claims.js';
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

/** The statements on the service's connection that are planned anew for each request. */
async function plannedAnew(): Promise<string[]> {
  const rows = await service.app
    .get(DataSource)
    .query<{ statement: string }[]>('select statement from pg_prepared_statements where custom_plans > 5');
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

it('deliveries are looked for once for each endpoint, even by a plan that was made when there were none', async () => {
  const session = new pg.Client({ connectionString: service.database.url });
  await session.connect();
  try {
    await session.query(`begin; set local plan_cache_mode = 'force_generic_plan'`);
    await session.query(`prepare claim (text, text[], text) as ${CLAIM}`);
    await session.query(`execute claim ('w', '{a,b,c}', 'lease')`);
    await session.query(`insert into workspace (id, name, mode) values ('w', 'w', 'test')`);
    await session.query(
      `insert into webhook_endpoint (workspace_id, id, url, ordering, enabled_events, secrets, headers)
       select 'w', id, 'https://example.com', 'none', '{*}', '[]', '{}' from unnest(array['a', 'b', 'c']) id`,
    );
    await session.query(
      `insert into webhook_delivery
         (workspace_id, id, endpoint_id, event_id, type, position, status, next_attempt_at, tries, attempts, resent)
       select 'w', e || n, e, 'event_' || n, 'opportunity.updated', n, 'pending', now(), 0, '[]', false
       from unnest(array['a', 'b', 'c']) e, generate_series(1, 100) n`,
    );
    const { rows } = await session.query(`explain (analyze, format json) execute claim ('w', '{a,b,c}', 'lease')`);
    const limits = [...JSON.stringify(rows).matchAll(/"Node Type":"Limit".*?"Actual Loops":(\d+)/g)];
    expect(limits.map(([, loops]) => loops)).toEqual(['3']);
  } finally {
    await session.end();
  }
});

import pg from 'pg';
import type { Answer } from './support/client.js';
import { cloneDatabase } from './support/database.js';
import { createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

const ROWS = 30;

let service: Service;

/**
 * Making the words of a row takes 50 ms, and no index has them: all rows take 1.5 s, a few the fifth of a second, and
 * an attempt has 0.8 or 1.2 s. The
 * planner walks the newest rows, as it does in a large table when it knows that most have the word.
 */
beforeAll(async () => {
  const database = await cloneDatabase();
  const { pathname } = new URL(database.url);
  await database.query(`alter database ${pathname.slice(1)} set enable_sort = off`);
  service = await startService({ DATABASE_STATEMENT_TIMEOUT_MS: '2000', DATABASE_LOCK_TIMEOUT_MS: '1800' }, database);
  for (let row = 0; row < ROWS; row++) await createOpportunity(service.api, { title: 'Common' });
  await database.query('drop index opportunity_search');
  const [{ source } = { source: '' }] = await database.query<{ source: string }>(
    `select pg_get_functiondef('search_words'::regproc) as source`,
  );
  await database.query(source.replace(/begin\n/, 'begin perform pg_sleep(0.05);\n'));
});

afterAll(() => service.stop());

it('finds a common word, and leaves out the total that it has no time to count', async () => {
  const { status, body } = await service.api.get('/opportunity?q=common&limit=2');
  expect([status, body.data.length, body.has_more, body.total]).toEqual([200, 2, true, null]);
});

it('says of a query that takes too long that it always will', async () => {
  const queries = ['q=nothing', 'q=common&sort=city', 'q=nothing&include_total=false'];
  // All at once, as they take no time but that of waiting.
  const answers = await Promise.all(queries.map((query) => service.api.get(`/opportunity?${query}`)));
  for (const { status, body, headers } of answers)
    expect([status, body.error.code, headers.get('retry-after')]).toEqual([400, 'query_too_costly', null]);
});

describe('where looking at a row takes 50 ms', () => {
  beforeAll(async () => {
    for (let row = 0; row < 22; row++) await createOpportunity(service.api, { status: 'Converted' });
    await service.database.query(`
      create function look(text) returns boolean language plpgsql as $$ begin perform pg_sleep(0.05); return true; end $$;
      create policy slow on opportunity for select using (look(id));
      alter table opportunity enable row level security, force row level security`);
  });
  afterAll(() => service.database.query('alter table opportunity disable row level security'));

  it('leaves out the total of a filter with an index, too, when it has no time to count', async () => {
    // Three rows fit into the second attempt, thirty into neither.
    const { status, body } = await service.api.get('/opportunity?status=Open&limit=2');
    expect([status, body.data.length, body.has_more, body.total]).toEqual([200, 2, true, null]);
  });

  it('says so of a report whose statements have no time together, though each of them had enough', async () => {
    // The thirty open ones take 1.5 s, the won ones 1.1 s, of 2 s.
    const { status, body, headers } = await service.api.get('/reports/forecast');
    expect([status, body.error.code, headers.get('retry-after')]).toEqual([400, 'query_too_costly', null]);
  });
});

it('says so of no list that is cheap, and of none that waits for a lock', async () => {
  const locker = new pg.Client({ connectionString: service.database.url });
  await locker.connect();
  try {
    await locker.query('begin; lock table opportunity in access exclusive mode');
    const answers: Answer[] = await Promise.all([
      service.api.get('/opportunity'),
      service.api.get('/opportunity?q=common'),
      service.api.get('/opportunity?title[contains]=common'),
    ]);
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
      answers.map(() => [503, '1']),
    );
  } finally {
    await locker.end();
  }
});

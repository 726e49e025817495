import pg from 'pg';
import type { Answer, Json } from './support/client.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());
beforeEach(() => service.database.query('delete from opportunity'));

const page = async (query = ''): Promise<Json> => (await service.api.get(`/opportunity${query}`)).body;
const ids = async (query = ''): Promise<string[]> => (await page(query)).data.map(({ id }: Json) => id as string);
const idOf = (n: number): string => `opportunity_${String(n).padStart(6, '0')}`;
const idsFrom = (newest: number, count: number): string[] => Array.from({ length: count }, (_, i) => idOf(newest - i));

/** Rows 1…count, written beside the service: each a second newer than the one before it, or all of the same time. */
async function insertRows(count: number, { sameTime = false, workspace = 'default' } = {}): Promise<void> {
  await service.database.query(
    `insert into opportunity (workspace_id, id, opportunity_from, party_name, company, transaction_date, created_at)
     select w.id, 'opportunity_' || lpad(n::text, 6, '0'), 'Lead', 'p', 'c', '2024-01-15',
       timestamptz '2024-01-15T00:00:00Z' + (case when $2 then 0 else n end) * interval '1 second'
     from workspace w, generate_series(1, $1::int) n where w.name = $3 order by random()`,
    [count, sameTime, workspace],
  );
}

const INSERT = `insert into opportunity (workspace_id, id, opportunity_from, party_name, company, transaction_date)
  select w.id, 'opportunity_' || gen_random_uuid(), 'Lead', 'p', 'c', '2024-01-15'
  from workspace w, generate_series(1, $1) where w.name = 'default'`;

/** Transactions that insert, insert and delete, or roll back. Answers by how many rows there are more. */
async function writeAndCount(client: pg.Client, rounds: number): Promise<number> {
  let kept = 0;
  for (let round = 0; round < rounds; round++) {
    await client.query('begin');
    await client.query(INSERT, [3]);
    if (round % 3 === 1)
      await client.query(`delete from opportunity where xmin = pg_current_xact_id()::xid and id < 'opportunity_8'`);
    const { rows } = await client.query<{ n: number }>(
      'select count(*)::int as n from opportunity where xmin = pg_current_xact_id()::xid',
    );
    await client.query(round % 7 === 3 ? 'rollback' : 'commit');
    if (round % 7 !== 3) kept += rows[0]?.n ?? 0;
  }
  return kept;
}

/** Pages that PostgreSQL looks at for the total of a plain list. */
async function blocksOfTotal(): Promise<number> {
  const [row] = await service.database.query<{ 'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number } }] }>(
    `explain (analyze, buffers, format json) select row_count_total(id, 'opportunity') from workspace where name = 'default'`,
  );
  return row?.['QUERY PLAN'][0].Plan['Shared Hit Blocks'] ?? 0;
}

/** Entries of the counts that a connection has read in its transaction. */
async function entriesRead(client: pg.Client): Promise<number> {
  const text = `select pg_stat_get_xact_tuples_returned('row_count_pkey'::regclass)::int as n`;
  return (await client.query<{ n: number }>(text)).rows[0]?.n ?? NaN;
}

describe('a list', () => {
  it('without rows is an empty page', async () => {
    const { status, text } = await service.api.get('/opportunity');
    expect([status, text]).toEqual([200, '{"data":[],"has_more":false,"total":0}']);
  });

  it('has 20 objects unless asked otherwise, the newest first', async () => {
    await insertRows(21);
    const body = await page();
    expect(Object.keys(body)).toEqual(['data', 'has_more', 'total']);
    expect(body.data.map(({ id }: Json) => id)).toEqual(idsFrom(21, 20));
    expect([body.has_more, body.total]).toEqual([true, 21]);
  });

  it('has whole objects, the same as retrieve answers', async () => {
    const { id } = await createOpportunity(service.api, { title: 'x', opportunity_amount: 0.1 });
    await addItem(service.api, id, { rate: 5 });
    expect((await page()).data).toEqual([(await service.api.get(`/opportunity/${id}`)).body]);
  });

  it('shows what was created last first, also within one millisecond', async () => {
    const created: string[] = [];
    for (let n = 0; n < 30; n++) created.unshift((await createOpportunity(service.api)).id);
    expect(await ids('?limit=30')).toEqual(created);
  });

  it('breaks ties of time by id, without losing or repeating a row across pages', async () => {
    await insertRows(25, { sameTime: true });
    const seen = [
      ...(await ids('?limit=10')),
      ...(await ids('?limit=10&offset=10')),
      ...(await ids('?limit=10&offset=20')),
    ];
    expect(seen).toEqual(idsFrom(25, 25));
  });

  it('does not move a row that is changed', async () => {
    const first = await createOpportunity(service.api);
    const second = await createOpportunity(service.api);
    await service.api.patch(`/opportunity/${first.id}`, { title: 'x' });
    expect(await ids()).toEqual([second.id, first.id]);
  });

  it.each([
    // limit, offset, rows on the page, has_more; of 40
    [1, 0, 1, true],
    [20, 0, 20, true],
    [20, 20, 20, false],
    [39, 0, 39, true],
    [40, 0, 40, false],
    [41, 0, 40, false],
    [100, 0, 40, false],
    [20, 19, 20, true],
    [20, 21, 19, false],
    [1, 39, 1, false],
    [1, 40, 0, false],
    [20, 1000, 0, false],
    [100, 9007199254740991, 0, false],
  ])('with limit=%i and offset=%i of 40 rows has %i, and has_more %j', async (limit, offset, count, hasMore) => {
    await insertRows(40);
    const body = await page(`?limit=${limit}&offset=${offset}`);
    expect(body.data.map(({ id }: Json) => id)).toEqual(idsFrom(40 - offset, count));
    expect([body.has_more, body.total]).toEqual([hasMore, 40]);
  });

  it.each([{ sameTime: false }, { sameTime: true }])('is the same slice at a deep offset, %j', async (options) => {
    await insertRows(1250, options);
    for (const offset of [990, 999, 1000, 1001, 1100, 1249]) {
      const body = await page(`?limit=50&offset=${offset}`);
      const count = Math.min(50, 1250 - offset);
      expect(body.data.map(({ id }: Json) => id)).toEqual(idsFrom(1250 - offset, count));
      expect([body.has_more, body.total]).toEqual([offset + count < 1250, 1250]);
    }
    expect(await page('?limit=50&offset=1250')).toEqual({ data: [], has_more: false, total: 1250 });
  });

  it('answers the same objects, key for key, on both sides of the deep offset', async () => {
    await insertRows(1002);
    const shallow = await service.api.get('/opportunity?limit=2&offset=999');
    const deep = await service.api.get('/opportunity?limit=1&offset=1000');
    expect(JSON.stringify(deep.body.data[0])).toBe(JSON.stringify(shallow.body.data[1]));
  });

  it.each([
    'sort=title',
    'sort=-opportunity_amount,title',
    'sort=company,-created_at&fields=status',
    'sort=-title&opportunity_amount[gte]=0',
    'sort=id&q=p&include_total=false',
  ])('goes on in the same order on both sides of the deep offset with %s', async (query) => {
    await insertRows(1200);
    await service.database.query(
      `update opportunity set title = nullif(right(id, 1), '3'), opportunity_amount = right(id, 2)::int % 7
       where id > 'opportunity_000100'`,
    );
    const shallow = await page(`?limit=100&offset=900&${query}`);
    const across = await page(`?limit=100&offset=999&${query}`);
    const deep = await page(`?limit=99&offset=1000&${query}`);
    expect(across.data).toHaveLength(100);
    expect(across.data[0]).toEqual(shallow.data.at(-1));
    expect(deep).toEqual({ ...across, data: across.data.slice(1) });
  });

  it('has only what is in the workspace of the key', async () => {
    await insertRows(3);
    await insertRows(2, { workspace: 'other' });
    expect((await page()).total).toBe(3);
    const { body } = await service.other.get('/opportunity');
    expect([body.data.length, body.has_more, body.total]).toEqual([2, false, 2]);
  });
});

describe('the total', () => {
  const total = async (): Promise<number> => (await page('?limit=1')).total as number;

  it('follows creates and deletes', async () => {
    const created: string[] = [];
    for (let n = 1; n <= 5; n++) {
      created.push((await createOpportunity(service.api)).id);
      expect(await total()).toBe(n);
    }
    for (const [index, id] of created.entries()) {
      await service.api.delete(`/opportunity/${id}`);
      expect(await total()).toBe(4 - index);
    }
  });

  it('does not count what was refused, nor a second delete', async () => {
    const { id } = await createOpportunity(service.api);
    await service.api.post('/opportunity', { ...minimal, probability: 101 });
    await service.api.post('/opportunity', { ...minimal, opportunity_amount: 9e11, conversion_rate: 9e11 });
    expect(await total()).toBe(1);
    await service.api.delete(`/opportunity/${id}`);
    await service.api.delete(`/opportunity/${id}`);
    expect(await total()).toBe(0);
  });

  it('is exact after concurrent creates and deletes', async () => {
    const create = (): Promise<Answer> => service.api.post('/opportunity', minimal);
    const first = await Promise.all(Array.from({ length: 40 }, create));
    expect(await total()).toBe(40);
    const mixed = await Promise.all([
      ...first.slice(0, 25).map(({ body }) => service.api.delete(`/opportunity/${body.id}`)),
      // The same ones again: one of the two deletes finds nothing.
      ...first.slice(0, 10).map(({ body }) => service.api.delete(`/opportunity/${body.id}`)),
      ...Array.from({ length: 15 }, create),
    ]);
    expect(mixed.filter(({ status }) => status === 200)).toHaveLength(25);
    expect(mixed.filter(({ status }) => status === 404)).toHaveLength(10);
    expect(await total()).toBe(30);
    expect(await ids('?limit=100')).toHaveLength(30);
  });

  it('is exact after rows were inserted and deleted beside the service', async () => {
    await insertRows(130);
    expect(await total()).toBe(130);
    await service.database.query(`delete from opportunity where id <= $1`, [idOf(100)]);
    expect(await total()).toBe(30);
    await service.database.query('delete from opportunity where false');
    expect(await total()).toBe(30);
    await service.database.query('delete from opportunity');
    expect(await total()).toBe(0);
    await createOpportunity(service.api);
    expect(await total()).toBe(1);
  });

  it('is exact whoever writes at the same time, rolls back or deletes, also beside a held snapshot', async () => {
    const { url } = service.database;
    const clients = Array.from({ length: 7 }, () => new pg.Client({ connectionString: url }));
    await Promise.all(clients.map((client) => client.connect()));
    const [snapshot, ...writers] = clients as [pg.Client, ...pg.Client[]];
    await snapshot.query('begin isolation level repeatable read');
    await snapshot.query('select from opportunity');
    const kept = await Promise.all(writers.map((client, at) => writeAndCount(client, at === 0 ? 5 : 100)));
    expect(await total()).toBe(kept.reduce((sum, n) => sum + n));
    await Promise.all(clients.map((client) => client.end()));
  });

  it('reads no more for a list or a write however much was written while a snapshot is held', async () => {
    const clients = [1, 2].map(() => new pg.Client({ connectionString: service.database.url }));
    await Promise.all(clients.map((client) => client.connect()));
    const [snapshot, writer] = clients as [pg.Client, pg.Client];
    await createOpportunity(service.api);
    await snapshot.query('begin isolation level repeatable read');
    await snapshot.query('select from opportunity');
    const write = (rows: number): Promise<unknown> =>
      writer.query(`do $$ begin for n in 1..${rows} loop ${INSERT.replace('$1', '1')}; end loop; end $$`);
    await write(500);
    const blocks = await blocksOfTotal();
    await write(5000);
    expect(await blocksOfTotal()).toBeLessThan(2 * blocks);
    expect(await total()).toBe(5501);
    await writer.query('begin');
    // PostgreSQL may still count what the connection did before with this transaction.
    const before = await entriesRead(writer);
    await write(1);
    expect((await entriesRead(writer)) - before).toBeLessThan(50);
    await Promise.all(clients.map((client) => client.end()));
  });

  it('does not count a transaction that was rolled back', async () => {
    await insertRows(3);
    await expect(
      service.database.query(`do $$ begin delete from opportunity; raise exception 'undo'; end $$`),
    ).rejects.toThrow('undo');
    expect(await total()).toBe(3);
  });
});

describe('the parameters of a list', () => {
  const WRONG = ['-1', 'abc', '1.5', '1.0', '1e1', '', '%205', '5%20', '+5', '%2B5', '0x10', '1,2', 'null', 'NaN'];

  it.each([
    ...['0', '101', '1000000', ...WRONG].map((value) => ['limit', value]),
    ...['9007199254740992', '99999999999999999999', ...WRONG].map((value) => ['offset', value]),
  ])('%s=%s is refused', async (param, value) => {
    const { status, body } = await service.api.get(`/opportunity?${param}=${value}`);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', code: 'parameter_invalid', param });
    expect(body.error.errors).toHaveLength(1);
  });

  it.each(['limit=1&limit=2', 'limit=1&limit=1', 'offset=0&offset=0', 'limit=x&limit=y'])(
    '%s is refused, as it says a thing twice',
    async (query) => {
      const { status, body } = await service.api.get(`/opportunity?${query}`);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'parameter_invalid', param: query.split('=')[0] });
      expect(body.error.errors).toHaveLength(1);
    },
  );

  it.each(['foo', 'Limit', 'parent_id', 'workspace_id', 'page', '__proto__', 'constructor', 'limit[]', 'limit[gt]'])(
    '%s is refused as unknown',
    async (param) => {
      const { status, body } = await service.api.get(`/opportunity?${encodeURIComponent(param)}=1`);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'parameter_unknown', param });
    },
  );

  it('are all named when several are wrong', async () => {
    const { body } = await service.api.get('/opportunity?foo=1&offset=x&limit=0');
    expect(body.error.errors.map(({ param, code }: Json) => `${param} ${code}`)).toEqual([
      'limit parameter_invalid',
      'offset parameter_invalid',
      'foo parameter_unknown',
    ]);
    const { param, code, message } = body.error;
    expect(body.error.errors[0]).toEqual({ param, code, message });
  });

  it.each(['limit=1', 'limit=100', 'offset=0', 'limit=007', 'limit=%35'])('%s is taken', async (query) => {
    expect((await service.api.get(`/opportunity?${query}`)).status).toBe(200);
  });
});

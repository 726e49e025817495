import type { QueryResult } from 'pg';
import { DataSource } from 'typeorm';
import { rowParsers } from '../src/database/row-parsers.js';
import { ServiceClient } from '../src/database/service-client.js';
import type { Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/* A client can make any number of different statements. That must cost the others nothing, and PostgreSQL no memory. */

const MOST_KEPT = 500;
const FLOOD = 520;
const AT_ONCE = 20;

let service: Service;
let id: string;
beforeAll(async () => {
  service = await startService({ DATABASE_POOL_SIZE: '1' });
  ({ id } = await createOpportunity(service.api));
});
afterAll(() => service.stop());

/** What is prepared on the only connection of the service. */
async function prepared(): Promise<string[]> {
  const rows = await service.app
    .get(DataSource)
    .query<{ statement: string }[]>('select statement from pg_prepared_statements where $1', [true]);
  return rows.map(({ statement }) => statement);
}

/** Different sets of two attributes to retrieve. */
function pairs(): string[] {
  const { properties } = service.document.components?.schemas?.['Opportunity'] as { properties: Json };
  const names = Object.keys(properties).filter((name) => name !== 'id' && properties[name].type !== 'array');
  return names.flatMap((first, index) => names.slice(index + 1).map((second) => `${first},${second}`)).slice(0, FLOOD);
}

async function retrieve(query = ''): Promise<void> {
  expect((await service.api.get(`/opportunity/${id}${query}`)).status).toBe(200);
}

/** Retrieves with each set of attributes; between them someone else retrieves without. */
async function flood(each: number): Promise<void> {
  const sets = pairs();
  expect(sets).toHaveLength(FLOOD);
  for (let from = 0; from < FLOOD; from += AT_ONCE) {
    const some = sets.slice(from, from + AT_ONCE).map((fields) => `?fields=${fields}`);
    for (let time = 0; time < each; time++) await Promise.all(some.map(retrieve));
    if (each > 1) await retrieve();
  }
}

const isPlainRetrieve = (text: string): boolean =>
  /^select .*\btitle\b.*\bcompany\b.*\bindustry\b.* where workspace_id = \$1 and id = \$2$/.test(text);

it('prepares the statement of a plain retrieve that comes after a flood of others, and none of those', async () => {
  await flood(1);
  await retrieve();
  await retrieve();
  const texts = await prepared();
  expect(texts.filter(isPlainRetrieve)).toHaveLength(1);
  expect(texts.length).toBeLessThan(30);
});

it('keeps it through a flood that comes back, of which it prepares no more than fit', async () => {
  await flood(3);
  const texts = await prepared();
  expect(texts.filter(isPlainRetrieve)).toHaveLength(1);
  expect(texts.length).toBeGreaterThan(MOST_KEPT / 2);
  expect(texts.length).toBeLessThanOrEqual(MOST_KEPT);
});

describe('a connection', () => {
  let client: ServiceClient;
  beforeEach(async () => {
    const limits = { statementTimeoutMillis: 60_000, silenceTimeoutMillis: 60_000, mostAnswerBytes: 1_000_000 };
    const settings = { ...limits, types: rowParsers, pipeline: true };
    client = new ServiceClient({ ...settings, prepareStatements: true, connectionString: service.database.url });
    await client.connect();
  });
  afterEach(() => client.end());

  const query = async (text: string, value: unknown): Promise<{ n: number } | undefined> =>
    ((await client.query(text, [value])) as QueryResult<{ n: number }>).rows[0];

  it('answers every statement, also where one is forgotten before its first answer has come', async () => {
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    for (let round = 0; round < 2; round++) {
      const sent = numbers.flatMap((n) => [n, n, n].map((value) => query(`select $1::int as n -- ${n}`, value)));
      expect(await Promise.all(sent)).toEqual(numbers.flatMap((n) => [{ n }, { n }, { n }]));
      const kept = await query('select count(*)::int as n from pg_prepared_statements where $1', true);
      expect(kept?.n).toBeLessThanOrEqual(MOST_KEPT);
    }
  });

  it('has the columns of a prepared statement described once', async () => {
    const described = vi.fn();
    client.connection.on('rowDescription', described);
    const text = 'select $1::int as n -- described once';
    await query(text, 0);
    described.mockClear();
    for (const n of [1, 2, 3]) expect(await query(text, n)).toEqual({ n });
    expect(described).toHaveBeenCalledTimes(1);
  });

  it('reads no row of a statement whose columns have changed', async () => {
    await client.query('create temporary table changing as select 1 as n');
    const text = 'select * from changing where n::text = $1';
    for (let time = 0; time < 3; time++) expect(await query(text, '1')).toEqual({ n: 1 });
    await client.query('alter table changing alter n type text');
    await expect(query(text, '1')).rejects.toMatchObject({ code: '0A000' });
  });
});

import type { Client, Json } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { checkedImport, NDJSON_TYPE, ran, resultsOf, settled } from './support/imports.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0' });
});
afterAll(() => service.stop());

/** A file of so many deals, whose ids begin with the name. */
function file(name: string, rows: number): string {
  const lines = Array.from({ length: rows }, (_none, n) => `${name}-${n},Lead,Acme,Us,2024-01-15\n`);
  return `external_id,opportunity_from,party_name,company,transaction_date\n${lines.join('')}`;
}

it('works on each import in one process at a time, though several look for it', async () => {
  const second = await startService({ RATE_LIMIT_REQUESTS: '0' }, service.database);
  const first = await service.clientWith({ workspace: 'turns' });
  const clients = [first, second.clientAs(first.key), await second.clientWith({ workspace: 'more turns' })];
  const all = ['H', 'I'].flatMap((name) => clients.map((api, at) => ({ name: `${name}${at}`, api })));
  const done = await Promise.all(
    all.map(async ({ name, api }) => {
      const { id } = await checkedImport(api, { format: 'csv' }, file(name, 300));
      const ended = await ran(api, id);
      return { ...ended, results: await resultsOf(api, id) };
    }),
  );
  await second.app.close();
  for (const { status, created, results } of done)
    expect([status, created, results.length]).toEqual(['succeeded', 300, 300]);
  const text = `select count(*)::int as n, count(distinct object_id)::int as deals from event
    where type = 'opportunity.created' and import_id = any($1)`;
  const ids = done.map(({ id }) => id as string);
  expect(await service.database.query(text, [ids])).toEqual([{ n: 1800, deals: 1800 }]);
});

/** Transactions, of one row each for its size, which take their time. */
const LONG = 25;
const PADDED = `${JSON.stringify(minimal)}${' '.repeat(1024 * 1024)}\n`.repeat(LONG);
const SLOW = `create function takes_its_time() returns trigger language plpgsql as $$ begin
    perform pg_sleep(0.1); return new; end $$;
  create trigger takes_its_time after update on import for each row when (new.rows = ${LONG} and new.created > old.created)
    execute function takes_its_time();`;

it('lets a short import pass long ones of other workspaces that hold all places of the process', async () => {
  const names = ['long', 'longer'];
  const long = await Promise.all(
    names.map(async (name) => {
      const api = await service.clientWith({ workspace: name });
      const { id } = await checkedImport(api, { format: 'ndjson', mode: 'create' }, PADDED, NDJSON_TYPE);
      return { api, id: id as string };
    }),
  );
  await service.database.query(SLOW);
  for (const { api, id } of long) await api.post(`//api/imports/${id}/run`, undefined);
  await Promise.all(long.map(({ api, id }) => begun(api, id)));
  const api = await service.clientWith({ workspace: 'short' });
  const { id } = await checkedImport(api, { format: 'csv' }, file('short', 1));
  const short = await ran(api, id);
  const ends = await Promise.all(long.map(({ api, id }) => settled(api, id)));
  for (const { status, created, finished_at } of ends) {
    expect([status, created]).toEqual(['succeeded', LONG]);
    expect(Date.parse(finished_at)).toBeGreaterThan(Date.parse(short.finished_at));
  }
});

async function begun(api: Client, id: string): Promise<void> {
  for (let state: Json = {}; !(state.created > 0);) state = (await api.get(`//api/imports/${id}`)).body;
}

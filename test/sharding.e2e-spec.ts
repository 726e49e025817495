import { jest } from '@jest/globals';
import pg from 'pg';
import type { Client } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { operationsOf } from './support/operations.js';
import { Sample } from './support/sample.js';
import { BEHIND } from '../src/events/numbering.js';
import { POSITIONS } from '../src/events/sequencer.js';
import { CLAIM } from '../src/imports/import-jobs.js';
import { ACTIVE } from '../src/webhooks/dispatcher.js';
import { startService, type Service } from './support/service.js';

/*
 * Whether the data can be spread over several databases by workspace: every key and index begins with it, no statement
 * needs the rows of two. What is an exception is named here, so that a new one is a decision.
 */

/** Tables of TypeORM's, which say something about the database as a whole. */
const OF_TYPEORM = ['migrations', 'typeorm_metadata'];

let service: Service;
let admin: Client;
beforeAll(async () => {
  service = await startService();
  admin = await service.clientWith({ scopes: ['admin'] });
});
afterAll(() => service.stop());

/** The column that each row of a catalogue query names first. */
async function names(text: string): Promise<string[]> {
  return (await service.database.query<{ name: string }>(text)).map(({ name }) => name);
}

async function tables(): Promise<string[]> {
  const all = await names("select tablename as name from pg_tables where schemaname = 'public' order by 1");
  return all.filter((name) => !OF_TYPEORM.includes(name));
}

describe('in the schema', () => {
  it('every table but that of the workspaces has a workspace in each row', async () => {
    const keyed = await names(`select table_name as name from information_schema.columns where table_schema = 'public'
      and column_name = 'workspace_id' and is_nullable = 'NO' order by 1`);
    expect((await tables()).filter((table) => !keyed.includes(table))).toEqual(['workspace']);
  });

  it('every primary key, unique constraint and index begins with the workspace, but for two that look up a value of one workspace alone', async () => {
    const others = await names(`select i.indrelid::regclass || ': ' || pg_get_indexdef(i.indexrelid) as name
      from pg_index i join pg_class c on c.oid = i.indrelid
      where c.relnamespace = 'public'::regnamespace and c.relname <> all('{workspace,${OF_TYPEORM.join()}}')
        and pg_get_indexdef(i.indexrelid, 1, true) <> 'workspace_id'
        and pg_get_indexdef(i.indexrelid, 1, true) not similar to '(search\\_words|map\\_terms)%\\(workspace\\_id%'`);
    // Whose key it is, nobody knows before; and an inverted index holds ids, which belong to one workspace each.
    expect(others.toSorted()).toEqual([
      expect.stringMatching(/^api_key: create unique index .* using btree \(hash\)$/i),
      expect.stringMatching(/^idempotency_key: create index .* using gin \(object_ids\)/i),
    ]);
  });

  it('every foreign key leads from a workspace to the same one', async () => {
    const others =
      await names(`select conrelid::regclass || ': ' || pg_get_constraintdef(oid) as name from pg_constraint
      where contype = 'f' and connamespace = 'public'::regnamespace
        and pg_get_constraintdef(oid) !~ '^FOREIGN KEY \\(workspace_id(, \\w+)*\\) REFERENCES (workspace\\(id\\)|\\w+\\(workspace_id, )'`);
    expect(others).toEqual([]);
  });

  it('no number comes from a sequence', async () => {
    const owned =
      await names(`select d.refobjid::regclass::text as name from pg_class s join pg_depend d on d.objid = s.oid
      where s.relkind = 'S' and s.relnamespace = 'public'::regnamespace and d.deptype in ('a', 'i')`);
    const all = await names(
      "select relname as name from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace",
    );
    expect({ owned, count: all.length }).toEqual({ owned: ['migrations'], count: 1 });
  });
});

interface Statement {
  text: string;
  values: unknown[];
}

/** What goes to PostgreSQL while the work is done, by whichever way. */
async function statementsOf(work: () => Promise<void>): Promise<Statement[]> {
  const query = jest.spyOn(pg.Client.prototype, 'query');
  await work();
  const calls = query.mock.calls as unknown as [string | Statement, unknown][];
  query.mockRestore();
  return calls.map(([first, second]) =>
    typeof first === 'string' ? { text: first, values: (second ?? []) as unknown[] } : first,
  );
}

/** Every operation of the resources once, on an object of its own, and every form of a list. */
async function everyOperation(): Promise<void> {
  const all = operationsOf(service.document).filter(({ path }) => path.startsWith('/api/crm/'));
  for (const operation of all) {
    const { operationId, method, status } = operation;
    const sample = await Sample.for(operation, admin, all);
    const answer = await sample.call(operation, admin, method === 'post' ? { 'Idempotency-Key': operationId } : {});
    expect([operationId, answer.status]).toEqual([operationId, status]);
  }
  const { id } = await createOpportunity(admin, { title: 'Anvils' });
  for (const query of [
    'include_total=false',
    'offset=1000',
    'sort=-total,title&fields=title&expand=items,lost_reasons',
    'q=anvils&status=Open&total[gte]=0',
    `sort=title&starting_after=${String(id)}`,
    `ending_before=${String(id)}&limit=2`,
  ])
    expect([query, (await admin.get(`/opportunity?${query}`)).status]).toEqual([query, 200]);
}

/** The workspaces that a statement is about: those it compares with and those that it inserts, undefined for a loose one. */
function workspacesOf({ text, values }: Statement): unknown[] {
  const compared = [...text.matchAll(/(?:workspace_id = |row_count_total\()\$(\d+)/g)].map(([, place]) => place);
  const inserted = [...text.matchAll(/insert into \w+ \(([^)]*)\)\s+(?:values \(|select )(\S+?)[,)]/g)].map(
    ([, columns = '', first = '']) => (columns.startsWith('workspace_id,') ? /^\$(\d+)/.exec(first)?.[1] : undefined),
  );
  return [...compared, ...inserted].map((place) => values[Number(place) - 1]);
}

it('no statement of any operation needs rows of two workspaces, and only the look-up of a key does not name its one', async () => {
  const keyed = (await tables()).filter((table) => table !== 'workspace');
  const [{ id: own } = { id: '' }] = await service.database.query<{ id: string }>(
    "select id from workspace where name = 'default'",
  );
  const touching = new RegExp(`\\b(${keyed.join('|')})\\b`);
  // No operation does these: beside them, the service looks after the queues of all workspaces.
  const ofQueues = [ACTIVE, BEHIND, CLAIM, POSITIONS];
  const all = await statementsOf(everyOperation);
  const statements = all.filter(({ text }) => touching.test(text) && !ofQueues.includes(text));
  expect(statements.length).toBeGreaterThan(200);
  const unkeyed = statements.filter((statement) => workspacesOf(statement).length === 0);
  expect([...new Set(unkeyed.map(({ text }) => text.replaceAll(/\s+/g, ' ')))]).toEqual([
    expect.stringMatching(/^select .* from api_key where hash = any\(\$1\) /),
  ]);
  expect(new Set(statements.flatMap(workspacesOf))).toEqual(new Set([own]));
});

import pg from 'pg';
import { Consumers } from '../src/consumers/consumers.js';
import type { Client } from './support/client.js';
import type { TestDatabase } from './support/database.js';
import { createOpportunity } from './support/fixtures.js';
import { operationsOf } from './support/operations.js';
import { PartByPart, type Recorded } from './support/part-by-part.js';
import { Sample } from './support/sample.js';
import { BEHIND } from '../src/events/numbering.js';
import { POSITIONS } from '../src/events/sequencer.js';
import { CLAIM } from '../src/imports/import-jobs.js';
import { ACTIVE } from '../src/webhooks/dispatcher.js';
import { cloneWithModules, startService, type Service } from './support/service.js';
import { partsOf, readOf, setsOf, written } from './support/with-parts.js';

/*
 * Whether the data can be spread over several databases by workspace: every key and index begins with it, no statement
 * needs the rows of two. What is an exception is named here, so that a new one is a decision. And whether an engine can run
 * the statements that runs the parts of each one after the other, on several servers.
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

/** What goes to PostgreSQL while the work is done, by whichever way. */
async function statementsOf(work: () => Promise<void>): Promise<Recorded[]> {
  const query = vi.spyOn(pg.Client.prototype, 'query');
  await work();
  const calls = query.mock.calls as unknown as [string | { text: string; values?: unknown[] }, unknown][];
  const { contexts } = query.mock;
  query.mockRestore();
  return calls.map(([first, second], at) => {
    const { text, values } = typeof first === 'string' ? { text: first, values: second as unknown[] } : first;
    return { client: contexts[at], text, values: values ?? [] };
  });
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

/** Writes that read what they change, and what goes with it: of several deals at once, and of deals with children. */
async function manyAtOnce(): Promise<void> {
  const deal = { items: [{ item_name: 'Anvil', rate: 2.5 }, { rate: 1 }], lost_reasons: [{ lost_reason: 'Price' }] };
  const [first, second] = [await createOpportunity(admin, deal), await createOpportunity(admin, deal)];
  const batch = async (operations: object[]): Promise<void> => {
    expect((await admin.post('/opportunity/batch', { operations })).status).toBe(200);
  };
  const update = (id: unknown, body: object) => ({ method: 'update', id, body });
  await batch([
    update(first.id, { title: 'One', status: 'Lost', metadata: { a: 'b' } }),
    update(second.id, { title: 'Two' }),
  ]);
  await batch([update(first.id, { title: 'Eins', metadata: { a: 'c' } }), update(second.id, { probability: 30 })]);
  await batch([{ method: 'delete', id: first.id }]);
  expect((await admin.delete(`/opportunity/${String(second.id)}`)).status).toBe(200);
}

/** The workspaces that a statement is about: those it compares with and those that it inserts, undefined for a loose one. */
function workspacesOf({ text, values }: Recorded): unknown[] {
  const compared = [...text.matchAll(/(?:workspace_id = |row_count_total\()\$(\d+)/g)].map(([, place]) => place);
  const inserted = [
    ...text.matchAll(/insert into \w+ \(([^)]*)\)\s+(?:with made .*\n\s*)?(?:values \(|select )(\S+?)[,)]/g),
  ].map(([, columns = '', first = '']) =>
    columns.startsWith('workspace_id,') ? /^\$(\d+)/.exec(first)?.[1] : undefined,
  );
  return [...compared, ...inserted].map((place) => values[Number(place) - 1]);
}

/** No operation does these: beside them, the service looks after the queues of all workspaces. */
const OF_QUEUES = [ACTIVE, BEHIND, CLAIM, POSITIONS];

describe('of all statements of every operation', () => {
  let keyed: string[];
  let statements: Recorded[];
  let all: Recorded[];
  beforeAll(async () => {
    // Consumers of modules write beside the requests: their statements have no place in the order of the others.
    service.app.get(Consumers).onModuleDestroy();
    keyed = (await tables()).filter((table) => table !== 'workspace');
    all = await statementsOf(async () => {
      await everyOperation();
      await manyAtOnce();
    });
    const touching = new RegExp(`\\b(${keyed.join('|')})\\b`);
    statements = all.filter(({ text }) => touching.test(text) && !OF_QUEUES.includes(text));
  });

  it('none needs rows of two workspaces, and only the look-up of a key does not name its one', async () => {
    const [{ id: own } = { id: '' }] = await service.database.query<{ id: string }>(
      "select id from workspace where name = 'default'",
    );
    expect(statements.length).toBeGreaterThan(200);
    const unkeyed = statements.filter((statement) => workspacesOf(statement).length === 0);
    expect([...new Set(unkeyed.map(({ text }) => text.replaceAll(/\s+/g, ' ')))]).toEqual([
      expect.stringMatching(/^select .* from api_key where hash = any\(\$1\) /),
    ]);
    expect(new Set(statements.flatMap(workspacesOf))).toEqual(new Set([own]));
  });

  it('no part of a with reads what a part before it has written', async () => {
    const cascades = await service.database.query<{ child: string; parent: string }>(`
      select conrelid::regclass::text as child, confrelid::regclass::text as parent
      from pg_constraint where contype = 'f' and confdeltype = 'c'`);
    const alongWith = (parent: string): string[] => [
      parent,
      ...cascades.filter((each) => each.parent === parent).flatMap(({ child }) => alongWith(child)),
    ];
    const broken = (text: string): string[] => {
      const before = new Set<string>();
      return partsOf(text).flatMap((part) => {
        const late = readOf(part, keyed).filter((table) => before.has(table));
        written(part).forEach((table) => {
          alongWith(table).forEach((each) => before.add(each));
        });
        return late.map((table) => `${part.name ?? 'the end'} reads ${table}: ${text}`);
      });
    };
    const late =
      'with gone as (delete from opportunity returning id), logged as (select from opportunity_item) select 1';
    expect(broken(late)).toEqual([`logged reads opportunity_item: ${late}`]);
    const texts = [...new Set(statements.map(({ text }) => text))];
    expect(texts.filter((text) => partsOf(text).flatMap(written).length > 1).length).toBeGreaterThan(20);
    expect(texts.flatMap(broken)).toEqual([]);
  });

  it('an event that reads a table does not get the number of its transaction where the table is', () => {
    const events = [...new Set(statements.map(({ text }) => text))]
      .flatMap(partsOf)
      .filter(({ text }) => text.trimStart().startsWith('insert into event ('));
    const reading = events.filter((part) => readOf(part, keyed).length > 0);
    expect(reading.length).toBeGreaterThan(5);
    const made = /\) with made as materialized \(select [^']*pg_current_xact_id/;
    expect(reading.filter(({ text }) => !made.test(text))).toEqual([]);
  });

  it('no update sets anything volatile, or a time that depends on the time zone of the session', async () => {
    const volatile = await names("select distinct proname as name from pg_proc where provolatile = 'v'");
    // Keys are in one place.
    const parts = statements
      .flatMap(({ text }) => partsOf(text))
      .filter(({ text }) => !text.includes('update api_key'));
    const sets = [...new Set(parts.flatMap(setsOf))];
    expect(sets.length).toBeGreaterThan(10);
    const calls = sets.flatMap((set) => [...set.matchAll(/\b([a-z_]+)\s*\(/g)].map(([, name = '']) => name));
    expect(calls.filter((name) => volatile.includes(name))).toEqual([]);
    expect(sets.filter((set) => /_at [-+] interval/.test(set))).toEqual([]);
  });

  it('run part by part, they leave the same events', async () => {
    const copy = await cloneWithModules();
    const engine = new PartByPart(copy.superuserUrl);
    // Keys are in no clone; what numbers events runs beside the operations, and in another place of their order.
    const others = /\b(api_key|workspace|event_feed|feed_entry|webhook_\w+|import|import_row|consumer_position)\b/;
    try {
      await engine.run(all.filter(({ text }) => !others.test(text.replaceAll('workspace_id', ''))));
      expect(engine.count).toBeGreaterThan(50);
      expect(await eventsIn(copy)).toEqual(await eventsIn(service.database));
    } finally {
      await engine.end();
      await copy.drop();
    }
  });
});

/** Every event of opportunities and what belongs to them, without times, in the order of what it says. */
async function eventsIn(database: Pick<TestDatabase, 'query'>): Promise<string[]> {
  const rows =
    await database.query<object>(`select type, subject_id, object_id, version, before::text as before, after::text as after
    from event where type not like 'api_key.%'`);
  const moment = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
  return rows.map((row) => JSON.stringify(row).replaceAll(moment, 'T')).sort();
}

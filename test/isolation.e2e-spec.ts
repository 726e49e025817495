import { Dispatcher } from '../src/webhooks/dispatcher.js';
import type { Answer, Client, Json } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { isCreate, operationsOf, refersTo, type Operation } from './support/operations.js';
import { Sample } from './support/sample.js';
import { startService } from './support/service.js';

/*
 * Generated from the OpenAPI document: every id that an operation takes is once an id of the other workspace and once one
 * that never was, and the two answers must not differ. What the generator cannot feed fails.
 */

/** One place of an operation that holds an id. */
interface Slot {
  in: 'path' | 'query' | 'body';
  name: string;
  /** The resource whose ids belong here. */
  resource: string;
}

/** Ids by resource, as in `{ "opportunity-item": "opportunity-item_01…" }`. */
type Ids = Record<string, string>;

// The cases are made from the document, so the service has to run before the tests are declared.
const service = await startService();
afterAll(() => service.stop());

const [admin, otherAdmin] = [
  await service.clientWith({ scopes: ['admin'] }),
  await service.clientWith({ workspace: 'other', scopes: ['admin'] }),
];
const operations = operationsOf(service.document);

/** Objects of each workspace, one of every resource. */
let own: Ids;
let foreign: Ids;
beforeAll(async () => {
  own = await oneOfEach(admin);
  foreign = await oneOfEach(otherAdmin);
  // From here on the service itself changes nothing of the other workspace: it sends nothing, and every event is numbered.
  service.app.get(Dispatcher).onModuleDestroy();
  await otherAdmin.get('//api/events?after=beginning');
});

// Nobody creates events; the test of the feed has those of two workspaces.
const isOfFeed = ({ path }: { path: string }): boolean => path === '/api/events' || path === '/api/events/{id}';

const cases = operations
  .filter((operation) => !isOfFeed(operation))
  .flatMap((operation) =>
    slotSets(operation).map((slots) => ({
      name: `${operation.method} ${operation.path} (${slots.map((slot) => `${slot.in} ${slot.name}`).join(', ')})`,
      operation,
      slots,
    })),
  );

describe('an id of another workspace', () => {
  it.each(cases)('is to $name what an id is that never was', async ({ operation, slots }) => {
    const before = await rowsOf('other');
    const answers = [await call(operation, slots, foreign), await call(operation, slots, neverUsed(foreign))];
    const [theirs, nobodys] = answers.map(withoutIds);
    expect(theirs).toEqual(nobodys);
    expect(expectedStatuses(operation, slots)).toContain(theirs?.status);
    expect(await rowsOf('other')).toEqual(before);
  });

  const reorders = operations.filter(({ bodySchema }) => bodySchema.properties?.ids !== undefined);
  it.each(reorders)('is to $path no child of an own parent, like one that never was', async (operation) => {
    const ids = slotsOf(operation).filter(({ name }) => name === 'ids');
    const answers = [await call(operation, ids, foreign, true), await call(operation, ids, neverUsed(foreign), true)];
    const [theirs, nobodys] = answers.map(withoutIds);
    expect(theirs).toEqual(nobodys);
    expect(theirs?.status).toBe(400);
  });

  it('is asked for by every operation but the creates of what has no parent, and reads of a path without an id', () => {
    const others = operations
      .filter((operation) => slotsOf(operation).length === 0)
      .filter(({ method, path }) => method !== 'get' || path.includes('{'))
      .filter(({ method, path, collection }) => method !== 'post' || path !== collection);
    expect(others.map(({ operationId }) => operationId)).toEqual([]);
  });
});

describe('a list', () => {
  // A report has rows, but none of them is an object of a resource.
  const lists = operations.filter(({ method, path, resource, collection, answerSchema }) => {
    const isOfObjects = resource !== '' && path === collection && !isOfFeed({ path }) && !path.includes('{');
    return method === 'get' && isOfObjects && answerSchema.properties?.data !== undefined;
  });

  it.each(lists)('of $path shows no row and no total of another workspace', async (operation) => {
    const list = () => call(operation, [], own);
    const before = await list();
    expect(idsIn(before)).toContain(own[operation.resource]);
    const theirs = await oneOfEach(otherAdmin);
    const after = await list();
    expect(idsIn(after).filter((id) => [...Object.values(foreign), ...Object.values(theirs)].includes(id))).toEqual([]);
    expect([idsIn(after), after.body.total]).toEqual([idsIn(before), before.body.total]);
  });

  it('that starts past its end still counts only the own rows', async () => {
    const answers = [
      await service.api.get('/opportunity?offset=20'),
      await service.api.get('/opportunity?offset=5000'),
    ];
    expect(answers.map(({ body }) => body)).toEqual(Array(2).fill({ data: [], has_more: false, total: 1 }));
  });
});

/** 404, but for a filter, which finds nothing, and a child's new parent: whichever it is, a child keeps the one it has. */
function expectedStatuses({ method, resource }: Operation, slots: Slot[]): number[] {
  const isFilter = slots.every((slot) => slot.in === 'query' && slot.name !== 'parent_id');
  if (isFilter) return [200];
  return method === 'patch' && slots.every((slot) => slot.in === 'body' && slot.resource !== resource)
    ? [400, 404]
    : [404];
}

/** Each slot alone, the others holding own ids; and all together, as an attacker would who knows one whole object. */
function slotSets(operation: Operation): Slot[][] {
  const slots = slotsOf(operation);
  return [...slots.map((slot) => [slot]), ...(slots.length > 1 ? [slots] : [])];
}

function slotsOf({ resource, parameters, bodySchema, example }: Operation): Slot[] {
  const slots: Slot[] = parameters
    .filter(({ in: place, name }) => name !== 'external_id' && (place === 'path' || isIdName(name)))
    .map(({ in: place, name, refersTo: other }) => ({
      in: place as Slot['in'],
      name,
      resource: other ?? referred(resource, name),
    }));
  const inBody = Object.entries<Json>(bodySchema.properties ?? {}).filter(([name]) => isIdName(name));
  return [
    ...slots,
    ...inBody.map(([name, schema]): Slot => {
      const shown = (example as Record<string, unknown> | undefined)?.[name] ?? schema.example;
      return { in: 'body', name, resource: refersTo(shown) ?? resource };
    }),
  ];
}

/** The resource that an attribute of another names an object of. */
function referred(resource: string, name: string): string {
  const create = operations.find((each) => isCreate(each) && each.resource === resource);
  return refersTo(create?.answerSchema.properties[name]?.example) ?? resource;
}

function isIdName(name: string): boolean {
  // An id of another system is a text that every workspace may have.
  if (name === 'external_id') return false;
  return name === 'ids' || name === 'id' || name === 'operations' || name.endsWith('_id');
}

/** Is it a filter by an object that others refer to? */
function isReference({ name }: Slot): boolean {
  return name.endsWith('_id') && name !== 'parent_id';
}

/** Calls an operation with the document's own example, own ids everywhere but in `slots`, which hold `strange` ones. */
async function call(operation: Operation, slots: Slot[], strange: Ids, keepParent = false): Promise<Answer> {
  const isStrange = ({ in: place, name }: Slot): boolean =>
    slots.some((slot) => slot.in === place && slot.name === name);
  let path = operation.path;
  const query = new URLSearchParams();
  const body: Record<string, unknown> = { ...operation.example };
  for (const slot of slotsOf(operation)) {
    const id = (isStrange(slot) ? strange : own)[slot.resource];
    if (id === undefined)
      throw new Error(`No way to create a ${slot.resource}, which ${slot.name} of ${path} asks for.`);
    if (slot.in === 'path') path = path.replace(`{${slot.name}}`, id);
    else if (slot.in === 'query') {
      // An own object is not in whatever else is own.
      if (isStrange(slot) || !isReference(slot)) query.set(slot.name, id);
    } else body[slot.name] = inBody(slot.name, id);
  }
  // With a parent beside it, a foreign child would be a 400; a list of children alone has to find its parent.
  if (!keepParent && slots.length === 1 && slots[0]?.name === 'ids') delete body['parent_id'];
  const search = query.size > 0 ? `?${query.toString()}` : '';
  const sent = operation.example === undefined ? {} : { body };
  return admin.request(operation.method.toUpperCase(), `/${path}${search}`, sent);
}

function idsIn({ body }: Answer): string[] {
  return body.data.map((row: Json) => row.id as string);
}

/** An id in the form that the property of a body has. */
function inBody(name: string, id: string): unknown {
  if (name === 'operations') return [{ method: 'delete', id }];
  return name === 'ids' ? [id] : id;
}

async function oneOfEach(api: Client): Promise<Ids> {
  return (await Sample.ofEach(api, operations)).byResource;
}

/** Ids of the same form as existing ones. */
function neverUsed(ids: Ids): Ids {
  return Object.fromEntries(
    Object.entries(ids).map(([resource, id]) => [resource, `${id.slice(0, -26)}${'7'.repeat(26)}`]),
  );
}

/** An answer as someone sees it who does not know which of the two ids was sent. */
function withoutIds({ status, headers, text }: Answer): { status: number; headers: object; body: string } {
  const names = [...headers.keys()].filter((name) => !['date', 'request-id', 'ratelimit'].includes(name));
  return {
    status,
    headers: Object.fromEntries(names.map((name) => [name, headers.get(name)])),
    // Reports say of which moment they are.
    body: text.replaceAll(/_[0-9a-z]{26}\b/g, '_…').replace(/"as_of":"[^"]*"/, '"as_of":"…"'),
  };
}

/** All that the database holds of a workspace, whatever the tables are. */
async function rowsOf(workspace: string): Promise<Record<string, unknown>> {
  const tables = await service.database.query<{ name: string }>(
    `select table_name as name from information_schema.columns where column_name = 'workspace_id' and table_schema = 'public'`,
  );
  const rows = await Promise.all(
    tables.map(async ({ name }) => {
      const text = `select to_jsonb(t) - $2::text[] as row from ${name} t join workspace w on w.id = t.workspace_id where w.name = $1
        order by to_jsonb(t)`;
      // The use of a key is noted beside the requests.
      const aside = name === 'api_key' ? ['last_used_at', 'version'] : [];
      return [name, await service.database.query(text, [workspace, aside])] as const;
    }),
  );
  return Object.fromEntries(rows);
}

describe('keys', () => {
  it('that are first seen at the same moment are each taken for themselves', async () => {
    // A service of its own: one that has seen the keys before does not verify them anew.
    const own = await startService();
    const names = Array.from({ length: 10 }, (_none, index) => `at once ${index}`);
    const clients = await Promise.all(names.map((workspace) => own.clientWith({ workspace })));
    await Promise.all(clients.map((client, index) => client.post('/opportunity', { ...minimal, title: names[index] })));
    const rows = await own.database.query<{ name: string; title: string }>(
      'select w.name, o.title from opportunity o join workspace w on w.id = o.workspace_id',
    );
    await own.stop();
    expect(rows.map(({ title }) => title).sort()).toEqual(names);
    for (const { name, title } of rows) expect(title).toBe(name);
  }, 20_000);
});

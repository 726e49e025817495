import type { Answer, Client, Json } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { startService } from './support/service.js';

/*
 * Generated from the OpenAPI document: every id that an operation takes is once an id of the other workspace and once one
 * that never was, and the two answers must not differ. What the generator cannot feed fails.
 */

interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string; required?: boolean }[];
  /** The body of the document's example, where the operation has one. */
  example: Record<string, unknown> | undefined;
  bodyProperties: string[];
}

/** One place of an operation that holds an id. */
interface Slot {
  in: 'path' | 'query' | 'body';
  name: string;
}

/** Ids by resource, as in `{ "opportunity-item": "opportunity-item_01…" }`. */
type Ids = Record<string, string>;

// The cases are made from the document, so the service has to run before the tests are declared.
const service = await startService();
afterAll(() => service.stop());

const BASE = /^\/api\/(crm\/)?/;
const [admin, otherAdmin] = [
  await service.clientWith({ scopes: ['admin'] }),
  await service.clientWith({ workspace: 'other', scopes: ['admin'] }),
];
const operations = readOperations(service.document as Json);

/** Objects of each workspace, one of every resource. */
let own: Ids;
let foreign: Ids;
beforeAll(async () => {
  own = await createOneOfEach(admin);
  foreign = await createOneOfEach(otherAdmin);
});

const cases = operations.flatMap((operation) =>
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
    expect(theirs?.status).toBe(expectedStatus(operation, slots));
    expect(await rowsOf('other')).toEqual(before);
  });

  const reorders = operations.filter(({ bodyProperties }) => bodyProperties.includes('ids'));
  it.each(reorders)('is to $path no child of an own parent, like one that never was', async (operation) => {
    const ids: Slot[] = [{ in: 'body', name: 'ids' }];
    const answers = [await call(operation, ids, foreign, true), await call(operation, ids, neverUsed(foreign), true)];
    const [theirs, nobodys] = answers.map(withoutIds);
    expect(theirs).toEqual(nobodys);
    expect(theirs?.status).toBe(400);
  });

  it('is asked for by every operation but the lists and creates of what has no parent', () => {
    const idless = operations.filter((operation) => slotsOf(operation).length === 0);
    expect(
      idless.filter(({ method, path }) => !['GET', 'POST'].includes(method) || path !== collectionOf(path)),
    ).toEqual([]);
  });
});

describe('a list', () => {
  const lists = operations.filter(({ method, path }) => method === 'GET' && !path.includes('{'));

  it.each(lists)('of $path shows no row and no total of another workspace', async (operation) => {
    const list = () => call(operation, [], own);
    const before = await list();
    expect(idsIn(before)).toContain(own[resourceOf(operation.path)]);
    const theirs = await createOneOfEach(otherAdmin);
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
function expectedStatus({ method }: Operation, slots: Slot[]): number {
  if (slots.every((slot) => slot.in === 'query' && slot.name === 'id')) return 200;
  return method === 'PATCH' && slots.every((slot) => slot.in === 'body') ? 400 : 404;
}

/** Each slot alone, the others holding own ids; and all together, as an attacker would who knows one whole object. */
function slotSets(operation: Operation): Slot[][] {
  const slots = slotsOf(operation);
  return [...slots.map((slot) => [slot]), ...(slots.length > 1 ? [slots] : [])];
}

function slotsOf({ parameters, bodyProperties }: Operation): Slot[] {
  const slots: Slot[] = parameters
    .filter(({ in: place, name }) => place === 'path' || isIdName(name))
    .map(({ in: place, name }) => ({ in: place as Slot['in'], name }));
  return [...slots, ...bodyProperties.filter(isIdName).map((name): Slot => ({ in: 'body', name }))];
}

function isIdName(name: string): boolean {
  return name === 'ids' || name === 'id' || name === 'operations' || name.endsWith('_id');
}

/** Calls an operation with the document's own example, own ids everywhere but in `slots`, which hold `strange` ones. */
async function call(operation: Operation, slots: Slot[], strange: Ids, keepParent = false): Promise<Answer> {
  const isStrange = ({ in: place, name }: Slot): boolean =>
    slots.some((slot) => slot.in === place && slot.name === name);
  const idFor = (slot: Slot): string => pickId(isStrange(slot) ? strange : own, operation.path, slot);
  let path = operation.path;
  const query = new URLSearchParams();
  const body: Record<string, unknown> = { ...operation.example };
  for (const slot of slotsOf(operation)) {
    if (slot.in === 'path') path = path.replace(`{${slot.name}}`, idFor(slot));
    else if (slot.in === 'query') query.set(slot.name, idFor(slot));
    else body[slot.name] = inBody(slot.name, idFor(slot));
  }
  // With a parent beside it, a foreign child would be a 400; a list of children alone has to find its parent.
  if (!keepParent && slots.length === 1 && slots[0]?.name === 'ids') delete body['parent_id'];
  const search = query.size > 0 ? `?${query.toString()}` : '';
  const sent = operation.example === undefined ? {} : { body };
  return admin.request(operation.method, `/${path}${search}`, sent);
}

function idsIn({ body }: Answer): string[] {
  return body.data.map((row: Json) => row.id as string);
}

/** An id in the form that the property of a body has. */
function inBody(name: string, id: string): unknown {
  if (name === 'operations') return [{ method: 'delete', id }];
  return name === 'ids' ? [id] : id;
}

/** Which resource a slot is about: the path's own, its parent, or the one it is named after. */
function pickId(ids: Ids, path: string, { name }: Slot): string {
  const resource =
    name === 'id' || name === 'ids' || name === 'operations'
      ? resourceOf(path)
      : named(name === 'parent_id' ? parentKey(path) : name);
  const id = ids[resource];
  if (id === undefined) throw new Error(`No way to create a ${resource}, which ${name} of ${path} asks for.`);
  return id;
}

function named(key: string): string {
  return key.replace(/_id$/, '').replaceAll('_', '-');
}

function collectionOf(path: string): string {
  return (BASE.exec(path)?.[0] ?? '') + resourceOf(path);
}

function resourceOf(path: string): string {
  return path.replace(BASE, '').split('/')[0] ?? '';
}

/** The property in which a child holds the id of its parent, which is what its create body asks for. */
function parentKey(path: string): string {
  const keys = createOf(collectionOf(path)).bodyProperties.filter((name) => name.endsWith('_id'));
  if (keys.length !== 1) throw new Error(`${path} has not one parent: ${keys.join(', ')}`);
  return keys[0] as string;
}

function createOf(collection: string): Operation {
  const create = operations.find(({ method, path }) => method === 'POST' && path === collection);
  if (create === undefined) throw new Error(`There is no POST ${collection} to make an object with.`);
  return create;
}

/** One object of every resource that the document lets create, parents first. */
async function createOneOfEach(api: Client): Promise<Ids> {
  const ids: Ids = {};
  const waiting = operations.filter(({ method, path }) => method === 'POST' && path === collectionOf(path));
  while (waiting.length > 0) {
    const index = waiting.findIndex(({ bodyProperties }) =>
      bodyProperties.every((name) => !name.endsWith('_id') || ids[named(name)] !== undefined),
    );
    const [create] = waiting.splice(index, 1);
    if (create === undefined || index < 0) throw new Error('Creates wait for each other.');
    const parents = create.bodyProperties.filter((name) => name.endsWith('_id'));
    const body = { ...create.example, ...Object.fromEntries(parents.map((name) => [name, ids[named(name)]])) };
    const answer = await api.post(`/${create.path}`, body);
    expect([create.path, answer.status]).toEqual([create.path, 201]);
    ids[resourceOf(create.path)] = answer.body.id;
  }
  return ids;
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
    body: text.replaceAll(/_[0-9a-z]{26}\b/g, '_…'),
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

function readOperations(document: Json): Operation[] {
  const ofApi = Object.entries<Json>(document.paths).filter(([path]) => path.startsWith('/api/'));
  return ofApi.flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, { parameters = [], requestBody }]) => {
      const { schema, examples } = requestBody?.content?.['application/json'] ?? {};
      const name = schema?.$ref?.split('/').at(-1);
      return {
        method: method.toUpperCase(),
        path,
        parameters,
        example: requestBody && (Object.values<Json>(examples ?? {})[0]?.value ?? {}),
        bodyProperties: Object.keys(document.components.schemas[name]?.properties ?? schema?.properties ?? {}),
      };
    }),
  );
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

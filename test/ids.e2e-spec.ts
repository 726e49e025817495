import type { Answer, Client, Json } from './support/client.js';
import { freeTextOf, idSlotsOf, type IdSlot, type Ids } from './support/id-slots.js';
import { operationsOf } from './support/operations.js';
import { Sample } from './support/sample.js';
import { startService } from './support/service.js';

/* Generated from the API document: every id of every kind is handed to every operation that takes one. */

// The cases are made from the document, so the service has to run before the tests are declared.
const service = await startService();
afterAll(() => service.stop());

const KEYS = '//api/keys';
const [admin, otherAdmin, writer, reader] = [
  await service.clientWith({ scopes: ['admin'] }),
  await service.clientWith({ workspace: 'other', scopes: ['admin'] }),
  await service.clientWith({ scopes: ['write'] }),
  await service.clientWith({ scopes: ['read'] }),
];
const operations = operationsOf(service.document);
const slots = idSlotsOf(service.document);

/** What an object of a kind is called, so that it is recognised wherever it is shown. */
const named = (kind: string): string => `<<${kind}>>`;
const namesIn = (text: string): string[] => [...new Set(text.match(/<<[a-z-]+>>/g))];

async function oneOfEach(api: Client): Promise<Ids> {
  const sample = await Sample.ofEach(api, operations, (body, { resource, bodySchema }) => {
    const text = freeTextOf(bodySchema);
    return text === undefined ? body : { ...body, [text]: named(resource) };
  });
  return sample.byResource;
}

/** Objects that are no more, one of each kind that can be deleted; each has a history. */
async function oneOfEachDeleted(): Promise<Ids> {
  const deleted: [string, string][] = [];
  for (const [kind, id] of Object.entries(await oneOfEach(admin)).reverse()) {
    const deletion = operations.find(({ method, resource }) => method === 'delete' && resource === kind);
    if (deletion === undefined) continue;
    expect((await admin.delete(`/${deletion.path.replace('{id}', id)}`)).status).toBe(200);
    deleted.push([kind, id]);
  }
  return Object.fromEntries(deleted);
}

const own = await oneOfEach(admin);
const foreign = await oneOfEach(otherAdmin);
const gone = await oneOfEachDeleted();
const [workspace] = await service.database.query<{ id: string }>(`select id from workspace where name = 'default'`);
const [event] = (await admin.get(`/opportunity/${own['opportunity']}/history`)).body.data as Json[];
const malformed = [' ', '\u0000', 'x'.repeat(300), `' or '1'='1`, 'opportunity_', 'opportunity%', '{}', 'null', '😀'];

/** Every id that is not one of an object that belongs into the slot. */
function strangeIds({ kind, operationId }: IdSlot): string[] {
  const others = Object.entries(own).flatMap(([each, id]) => (each === kind ? [] : [id]));
  const nobodys = [...[foreign, gone].flatMap((ids) => Object.values(ids)), `${kind}_${'7'.repeat(26)}`];
  const ofEvent = operationId === 'retrieveEvent' ? [] : [event.id];
  return [...others, ...nobodys, workspace?.id ?? '', ...ofEvent, event.request_id, ...malformed];
}

function call(client: Client, { method, request }: IdSlot, id: string): Promise<Answer> {
  const { path, body } = request(id, own);
  return client.request(method, `/${path}`, body === undefined ? {} : { body });
}

/** The history of what was deleted stays, and can be erased; its place in a list stays, too. */
const isOfTheDeleted = ({ operationId, kind, name }: IdSlot, id: string): boolean =>
  (/History$|^erase/.test(operationId) || /starting_after|ending_before/.test(name)) && id === gone[kind];

it('takes every operation with an id in its path, and every parameter that is one', () => {
  const withPath = Object.entries<Json>(service.document.paths).filter(([path]) => path.includes('{id}'));
  const operationIds = withPath.flatMap(([, methods]) => Object.values<Json>(methods)).map((each) => each.operationId);
  const known = slots.filter(({ name }) => name === 'path').map(({ operationId }) => operationId);
  expect([...new Set(known)].toSorted()).toEqual(operationIds.toSorted());
  const places = new Set(slots.map(({ name }) => name));
  expect([...places]).toEqual(
    expect.arrayContaining(['query parent_id', 'query starting_after', 'query id[in]', 'body opportunity_id']),
  );
  expect([...places]).toEqual(
    expect.arrayContaining(['body parent_id', 'body ids.0', 'body operations.0.id', 'body items.0.id']),
  );
});

/** Erasures come last, as they empty what the log keeps of objects that are gone. */
const isErasure = ({ operationId }: IdSlot): number => Number(operationId.startsWith('erase'));
const cases = slots
  .toSorted((one, other) => isErasure(one) - isErasure(other))
  .map((slot) => ({ title: `${slot.operationId} (${slot.name})`, slot }));

it.each(cases)('an id of anything else is to $title no object, and shows none', async ({ slot }) => {
  const answers = await Promise.all(strangeIds(slot).map(async (id) => ({ id, ...(await call(admin, slot, id)) })));
  for (const { id, status, body, text } of answers) {
    const place = `${JSON.stringify(id)}: ${status} ${text}`;
    if (slot.isFilter && status === 200) {
      const ids = body.data.map((each: Json) => each.id as string) as string[];
      expect([place, ids.filter((each) => !each.startsWith(`${slot.resource}_`))]).toEqual([place, []]);
    } else if (!isOfTheDeleted(slot, id)) {
      expect([place, [400, 404].includes(status), namesIn(text)]).toEqual([place, true, []]);
    } else expect([place, status]).toEqual([place, 200]);
  }
});

it('no operation shows a key, or what became of it, to a key without the scope admin', async () => {
  const shown: string[] = [];
  for (const client of [reader, writer])
    for (const slot of slots) {
      // Ids that belong there only where nothing is changed by it.
      const mayBelong = slot.method === 'GET' ? own : { ...own, [slot.kind]: event.id as string };
      const ids = [...Object.values(mayBelong), ...Object.values(gone)];
      const answers = await Promise.all(ids.map((id) => call(client, slot, id)));
      const needsAdmin = slot.scope === 'admin';
      for (const { status, text } of answers) {
        const isShown = text.includes(named('api-key')) || text.includes('api_key.') || text.includes('sk_test_');
        if (isShown || status >= 500 || (needsAdmin && status !== 403))
          shown.push(`${slot.operationId}: ${status} ${text}`);
      }
    }
  for (const client of [reader, writer]) expect((await client.get(KEYS)).status).toBe(403);
  expect(shown).toEqual([]);
});

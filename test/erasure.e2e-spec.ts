import { itAlone } from './support/alone.js';
import type { Answer, Client, Json } from './support/client.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;
let api: Client;
beforeAll(async () => {
  service = await startService();
  api = await service.clientWith({ scopes: ['admin'] });
});
afterAll(() => service.stop());

let people = 0;
const someone = (): string => `Person-${people++}`;

const erase = (id: string, headers?: Record<string, string>): Promise<Answer> =>
  api.request('POST', `/opportunity/${id}/erase`, { ...(headers && { headers }) });

const historyOf = async (id: string): Promise<Json[]> =>
  (await api.get(`/opportunity/${id}/history?limit=100`)).body.data;

/** The tables of the database in which a text stands anywhere. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await service.database.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
  );
  const counts = await Promise.all(
    tables.map(({ name }) =>
      service.database.query<{ n: number }>(`select count(*)::int as n from ${name} t where t::text like $1`, [
        `%${text}%`,
      ]),
    ),
  );
  return tables.filter((_table, index) => counts[index]?.[0]?.n !== 0).map(({ name }) => name);
}

/** A deal that names a person in every place there is, and in stored answers. */
async function dealAbout(person: string): Promise<string> {
  const create = { ...minimal, party_name: person, items: [{ item_name: person }] };
  const { body } = await api.post('/opportunity', create, { 'idempotency-key': `create ${person}` });
  const item = { opportunity_id: body.id, description: person };
  await api.post('/opportunity-item', item, { 'idempotency-key': `item ${person}` });
  await addReason(api, body.id, person);
  await api.patch(`/opportunity/${body.id}`, { contact_display: person });
  return body.id as string;
}

itAlone('leaves nothing of a deal but who did what and when, the erasure included', async () => {
  const person = someone();
  const id = await dealAbout(person);
  expect(await tablesWith(person)).toEqual(
    expect.arrayContaining(['event', 'idempotency_key', 'opportunity', 'opportunity_item']),
  );
  const before = await historyOf(id);
  const answer = await erase(id);
  expect([answer.status, answer.body]).toEqual([200, { id, deleted: true }]);
  // A key may have the name of the person in it, as it is the client's own; what it answered may not.
  await service.database.query(`update idempotency_key set key = md5(key)`);
  expect(await tablesWith(person)).toEqual([]);
  const [erased, ...events] = await historyOf(id);
  expect(erased).toMatchObject({
    type: 'opportunity.erased',
    object_id: id,
    request_id: answer.headers.get('request-id'),
    before: null,
    after: null,
  });
  expect(events).toEqual(before.map((event) => ({ ...event, before: null, after: null })));
  expect((await api.get(`/opportunity/${id}`)).status).toBe(404);
  expect((await api.get(`/opportunity-item?parent_id=${id}`)).status).toBe(404);
});

itAlone('reaches a deal that was deleted before', async () => {
  const person = someone();
  const id = await dealAbout(person);
  await api.delete(`/opportunity/${id}`);
  expect((await erase(id)).status).toBe(200);
  await service.database.query(`update idempotency_key set key = md5(key)`);
  expect(await tablesWith(person)).toEqual([]);
  expect((await historyOf(id)).map(({ type }) => type).slice(0, 2)).toEqual([
    'opportunity.erased',
    'opportunity.deleted',
  ]);
});

itAlone('changes nothing the second time', async () => {
  const { id } = await createOpportunity(api);
  const first = await erase(id);
  const events = await historyOf(id);
  const second = await erase(id);
  expect([second.status, second.body]).toEqual([200, first.body]);
  expect(await historyOf(id)).toEqual(events);
});

itAlone('is the whole deal: other deals, also of the same batch, stay as they are', async () => {
  const person = someone();
  const operations = [person, 'Somebody else'].map((party_name) => ({
    method: 'create',
    body: { ...minimal, party_name },
  }));
  const key = { 'idempotency-key': 'batch of two' };
  const batch = await api.post('/opportunity/batch', { operations }, key);
  const [first, second] = batch.body.data.map(({ object }: Json) => object);
  await erase(first.id);
  expect(await tablesWith(person)).toEqual([]);
  expect((await api.get(`/opportunity/${second.id}`)).body).toEqual(second);
  expect(await historyOf(second.id)).toMatchObject([{ after: { party_name: 'Somebody else' } }]);
});

itAlone('keeps a request that was answered from being done again by its repetition', async () => {
  const key = { 'idempotency-key': 'create and erase' };
  const { body } = await api.post('/opportunity', minimal, key);
  await erase(body.id);
  const { total } = (await api.get('/opportunity')).body;
  const again = await api.post('/opportunity', minimal, key);
  expect([again.status, again.body.error.code]).toEqual([409, 'idempotency_answer_erased']);
  expect((await api.get('/opportunity')).body.total).toBe(total);
});

itAlone('is 404 for what is no opportunity of the workspace, and 403 for a key without the scope admin', async () => {
  const { id } = await createOpportunity(api);
  const item = await addItem(api, id, { item_name: 'kept' });
  const [{ id: keyId }] = (await api.get('//api/keys')).body.data;
  const theirs = await createOpportunity(service.other);
  for (const strange of [item.id, keyId, theirs.id, 'opportunity_x'])
    expect((await erase(strange)).body.error.message).toBe(`No such opportunity: '${strange}'.`);
  expect((await service.api.request('POST', `/opportunity/${id}/erase`)).status).toBe(403);
  expect((await api.get(`/opportunity-item/${item.id}`)).body).toEqual(item);
  expect((await historyOf(id)).map(({ after }) => after)).not.toContain(null);
});

itAlone('erases only the version that If-Match names', async () => {
  const { id } = await createOpportunity(api, { title: 'seen' });
  const stale = await erase(id, { 'if-match': '"9"' });
  expect([stale.status, stale.headers.get('etag')]).toEqual([412, '"1"']);
  expect(await historyOf(id)).toMatchObject([{ after: { title: 'seen' } }]);
  expect((await erase(id, { 'if-match': '"1"' })).status).toBe(200);
  expect((await erase(id, { 'if-match': '"1"' })).status).toBe(404);
});

itAlone('leaves nothing behind of writers at the same moment', async () => {
  for (let round = 0; round < 10; round++) {
    const person = someone();
    const id = await dealAbout(person);
    const writes = Array.from({ length: 4 }, (_none, n) => [
      api.patch(`/opportunity/${id}`, { title: `${person} ${n}` }),
      api.post(
        '/opportunity-item',
        { opportunity_id: id, item_name: person },
        { 'idempotency-key': `${round} ${n} at once` },
      ),
    ]).flat();
    const [erased, ...answers] = await Promise.all([erase(id), ...writes, api.delete(`/opportunity/${id}`)]);
    expect(erased.status).toBe(200);
    expect(answers.filter(({ status }) => ![200, 201, 404].includes(status))).toEqual([]);
    await service.database.query(`update idempotency_key set key = md5(key)`);
    expect(await tablesWith(person)).toEqual([]);
  }
});

itAlone('is 404 for an id that is longer than any, which no event could name', async () => {
  const { status, body } = await api.post(`/opportunity/${'x'.repeat(200)}/erase`, undefined);
  expect([status, body.error.code]).toEqual([404, 'resource_missing']);
});

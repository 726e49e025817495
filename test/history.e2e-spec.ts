import pg from 'pg';
import { RetentionService } from '../src/retention/retention.service.js';
import type { Json } from './support/client.js';
import { consumersAtRest } from './support/consumers-at-rest.js';
import { KEYS_OF_AN_EVENT } from './support/events.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { addedAttributes } from './support/of-modules.js';
import { startService, type Service } from './support/service.js';
import { lockWaiters, until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ EVENT_RETENTION_DAYS: '30' });
});
afterAll(() => service.stop());

/** The events of an opportunity, newest first. */
async function history(id: string, query = ''): Promise<Json[]> {
  const { status, body } = await service.api.get(`/opportunity/${id}/history${query}`);
  expect(status).toBe(200);
  return body.data;
}

const typesOf = (events: Json[]): string[] => events.map(({ type }) => type);

it('says what a new opportunity was given, by which key and in which request', async () => {
  const answer = await service.api.post('/opportunity', { ...minimal, opportunity_amount: 12.5 });
  const [event, ...more] = await history(answer.body.id);
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    type: 'opportunity.created',
    object_id: answer.body.id,
    request_id: answer.headers.get('request-id'),
    before: null,
    after: { ...minimal, opportunity_amount: 12.5 },
  });
  const [key] = await service.database.query<{ id: string }>(
    `select k.id from api_key k join workspace w on w.id = k.workspace_id where w.name = 'default'`,
  );
  expect(event.key_id).toBe(key?.id);
});

it('has the changed attributes of an update with their old and new values, and no others', async () => {
  const { id } = await createOpportunity(service.api, { title: 'Old', opportunity_amount: 10 });
  await service.api.patch(`/opportunity/${id}`, { title: 'New', opportunity_amount: 10, status: 'Quotation' });
  const [event] = await history(id);
  expect(event).toMatchObject({ type: 'opportunity.updated', object_id: id });
  expect([event.before, event.after]).toEqual([
    { title: 'Old', status: 'Open' },
    { title: 'New', status: 'Quotation' },
  ]);
});

it('keeps numbers exact that a double could not hold', async () => {
  const { id } = await createOpportunity(service.api);
  const body = '{"opportunity_amount":123456789012.123456789}';
  await service.api.request('PATCH', `/opportunity/${id}`, { body });
  const { text } = await service.api.get(`/opportunity/${id}/history?limit=1`);
  expect(text).toContain('"after":{"opportunity_amount":123456789012.123456789}');
});

it('tells of line items and lost reasons in the history of their opportunity, in order', async () => {
  const { id } = await createOpportunity(service.api);
  const item = await addItem(service.api, id, { qty: 2, rate: 5 });
  const second = await addItem(service.api, id, { idx: 1 });
  await service.api.patch(`/opportunity-item/${item.id}`, { qty: 3 });
  await service.api.post('/opportunity-item/reorder', { parent_id: id, ids: [item.id, second.id] });
  await service.api.delete(`/opportunity-item/${second.id}`);
  await addReason(service.api, id, 'Price');
  const events = await history(id);
  expect(typesOf(events)).toEqual([
    'opportunity_lost_reason_detail.created',
    'opportunity_item.deleted',
    'opportunity_item.reordered',
    'opportunity_item.updated',
    'opportunity_item.created',
    'opportunity_item.created',
    'opportunity.created',
  ]);
  expect(events[1]).toMatchObject({ object_id: second.id, before: { id: second.id, idx: 2 }, after: null });
  expect(events[2]).toMatchObject({
    before: { ids: [second.id, item.id] },
    after: { ids: [item.id, second.id] },
  });
  expect(events[3]).toMatchObject({ object_id: item.id, before: { qty: 2 }, after: { qty: 3 } });
});

it('keeps a deleted deal whole, and answers its history', async () => {
  const { id } = await createOpportunity(service.api, { title: 'Gone', items: [{ qty: 2, rate: 3 }] });
  await addReason(service.api, id, 'Timing');
  await service.api.delete(`/opportunity/${id}`);
  const [event] = await history(id);
  expect(event).toMatchObject({
    type: 'opportunity.deleted',
    before: {
      title: 'Gone',
      total: 6,
      items: [{ idx: 1, qty: 2, amount: 6 }],
      lost_reasons: [{ lost_reason: 'Timing' }],
    },
    after: null,
  });
});

it('has one event for each object of a batch and of a replaced list', async () => {
  const { id } = await createOpportunity(service.api, { items: [{ qty: 1 }, { qty: 2 }] });
  const operations = [
    { method: 'update', id, body: { title: 'b', opportunity_amount: 7 } },
    { method: 'create', body: minimal },
  ];
  const { body } = await service.api.post('/opportunity/batch', { operations });
  const [updated] = await history(id);
  expect(updated).toMatchObject({
    before: { title: null, opportunity_amount: 0 },
    after: { title: 'b', opportunity_amount: 7 },
  });
  expect(typesOf(await history(body.data[1].object.id))).toEqual(['opportunity.created']);
  const { body: items } = await service.api.get(`/opportunity-item?parent_id=${id}`);
  const kept = items.data[1].id;
  await service.api.request('PUT', `/opportunity/${id}/items`, { body: { items: [{ id: kept, qty: 5 }, { qty: 9 }] } });
  expect(typesOf((await history(id)).slice(0, 3)).toSorted()).toEqual([
    'opportunity_item.created',
    'opportunity_item.deleted',
    'opportunity_item.updated',
  ]);
  await service.api.post('/opportunity/batch', { operations: [{ method: 'delete', id }] });
  expect(typesOf(await history(id, '?limit=1'))).toEqual(['opportunity.deleted']);
});

it('has nothing of a write that was refused, and one event of a write that was repeated with its key', async () => {
  const { id } = await createOpportunity(service.api);
  const stale = await service.api.patch(`/opportunity/${id}`, { title: 'x' }, { 'if-match': '"99"' });
  expect(stale.status).toBe(412);
  const body = { opportunity_id: id, qty: 1 };
  for (let n = 0; n < 3; n++) await service.api.post('/opportunity-item', body, { 'idempotency-key': `history-${id}` });
  expect(typesOf(await history(id))).toEqual(['opportunity_item.created', 'opportunity.created']);
});

it('has no room for an id that is longer than any, and is not asked for it', async () => {
  const path = `/opportunity/${'x'.repeat(200)}`;
  const answers = [
    await service.api.patch(path, { title: 'x' }),
    await service.api.delete(path),
    await service.api.get(`${path}/history`),
  ];
  expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual(
    Array(3).fill([404, 'resource_missing']),
  );
});

it('links the changes of writers who change the same attribute at once: each begins where the one before ended', async () => {
  const { id } = await createOpportunity(service.api, { title: '0' });
  await Promise.all(
    Array.from({ length: 30 }, (_, n) => service.api.patch(`/opportunity/${id}`, { title: `${n + 1}` })),
  );
  const events = (await history(id, '?limit=100')).reverse().slice(1);
  expect(events).toHaveLength(30);
  let title = '0';
  for (const { before, after } of events) {
    expect(before.title).toBe(title);
    title = after.title;
  }
  expect((await service.api.get(`/opportunity/${id}`)).body.title).toBe(title);
});

/** Answers a request that has to wait for the deal, in which something else was written before it came to its turn. */
async function afterWaiting(id: string, request: () => Promise<unknown>, written: string): Promise<void> {
  const other = new pg.Client({ connectionString: service.database.url });
  await other.connect();
  await other.query('begin');
  await other.query('select from opportunity where id = $1 for update', [id]);
  const answer = request();
  await until(async () => (await lockWaiters(service.database)) > 0);
  await other.query(written, [id]);
  await other.query('commit');
  await other.end();
  await answer;
}

it('has in a deleted deal the child that was added while the deletion waited', async () => {
  const { id } = await createOpportunity(service.api);
  const added = `insert into opportunity_lost_reason_detail (workspace_id, id, opportunity_id, idx, lost_reason)
    select workspace_id, 'late', id, 1, 'Late' from opportunity where id = $1`;
  await afterWaiting(id, () => service.api.delete(`/opportunity/${id}`), added);
  expect((await history(id))[0].before.lost_reasons).toMatchObject([{ id: 'late', lost_reason: 'Late' }]);
});

it.each([true, false])('has what a batch (atomic: %s) replaced, also where it waited for it', async (atomic) => {
  const { id } = await createOpportunity(service.api, { title: 'First' });
  const operations = [{ method: 'update', id, body: { title: 'Third', city: 'Springfield' } }];
  const changed = `update opportunity set title = 'Second' where id = $1`;
  await afterWaiting(id, () => service.api.post('/opportunity/batch', { atomic, operations }), changed);
  expect((await history(id))[0]).toMatchObject({ before: { title: 'Second', city: null }, after: { title: 'Third' } });
});

it('has numbers and attributes of a new object as they are stored', async () => {
  const body = '{"opportunity_amount":1.2500000000004,"items":[{"rate":0.3333333333333}],';
  const { id } = (await service.api.request('POST', '/opportunity', { body: body + JSON.stringify(minimal).slice(1) }))
    .body;
  const [item, deal] = await history(id);
  expect([item.after, deal.after]).toEqual([
    expect.objectContaining({ idx: 1, opportunity_id: id, rate: 0.333333333, qty: 1 }),
    expect.objectContaining({ ...minimal, opportunity_amount: 1.25, status: 'Open' }),
  ]);
});

it('shows all keys of an event in order, and a new object as a GET shows it', async () => {
  const fields = `fields=${['*', 'probability_source', 'stage_entered_at', 'metadata', ...addedAttributes].join()}`;
  const metadata = { region: 'EMEA' };
  const given = { ...minimal, opportunity_amount: 12.5, metadata };
  const { body: deal } = await service.api.post(`/opportunity?${fields}`, given);
  const item = await addItem(service.api, deal.id, { qty: 2, rate: 5, image: 'a.png' });
  const [added, created] = await history(deal.id);
  for (const event of [added, created]) expect(Object.keys(event)).toEqual(KEYS_OF_AN_EVENT);
  const valuesOf = (object: Json): Json =>
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
  expect([created.after, added.after]).toEqual([valuesOf(deal), { ...valuesOf(item), metadata: {} }]);
  expect(created).toMatchObject({
    workspace: 'default',
    opportunity_id: deal.id,
    derived_from: null,
    truncated: false,
  });
  expect(added).toMatchObject({ opportunity_id: deal.id, object_id: item.id, import_id: null });
});

it('has with each event the number in the ETag after the change', async () => {
  const versionOf = async (id: string): Promise<number> =>
    Number((await service.api.get(`/opportunity/${id}`)).headers.get('etag')?.replaceAll('"', ''));
  const reasons = { lost_reasons: [{ lost_reason: 'Price' }] };
  const { id } = await createOpportunity(service.api, { ...reasons, items: [{ qty: 1, rate: 3 }, { qty: 2 }] });
  const { id: other } = await createOpportunity(service.api, reasons);
  expect((await history(other))[0].version).toBe(await versionOf(other));
  const { body: items } = await service.api.get(`/opportunity-item?parent_id=${id}`);
  const [first, second] = items.data.map((item: Json) => item.id as string);
  const writes = [
    () => service.api.patch(`/opportunity/${id}`, { conversion_rate: 2 }),
    () => service.api.patch(`/opportunity-item/${first}`, { qty: 7 }),
    () => service.api.post('/opportunity-item/reorder', { parent_id: id, ids: [second, first] }),
    () => addReason(service.api, id, 'Timing'),
    () => service.api.delete(`/opportunity-item/${first}`),
    () => service.api.post(`/opportunity/${id}/lose`, { lost_reasons: [{ lost_reason: 'Fit' }] }),
    () => service.api.post('/opportunity/batch', { operations: [{ method: 'update', id, body: { title: 'x' } }] }),
  ];
  for (const write of writes) {
    await write();
    expect((await history(id, '?limit=1'))[0].version).toBe(await versionOf(id));
  }
  const last = await versionOf(id);
  await service.api.delete(`/opportunity/${id}`);
  const [gone] = await history(id, '?limit=1');
  expect([gone.type, gone.version]).toEqual(['opportunity.deleted', last + 1]);
});

it('has the events of a batch and of a list in their order', async () => {
  const { id } = await createOpportunity(service.api, {
    items: Array.from({ length: 60 }, (_none, n) => ({ item_name: `${n}` })),
  });
  const names = (await history(id, '?limit=60')).map(({ after }) => Number(after.item_name));
  expect(names).toEqual(Array.from({ length: 60 }, (_none, n) => 59 - n));
});

it('comes in pages', async () => {
  const { id } = await createOpportunity(service.api);
  for (let n = 0; n < 4; n++) await service.api.patch(`/opportunity/${id}`, { title: `${n}` });
  const all = await history(id);
  expect(all).toHaveLength(5);
  const { body } = await service.api.get(`/opportunity/${id}/history?limit=2&offset=1`);
  expect(body).toEqual({ data: all.slice(1, 3), has_more: true, total: 5 });
  const refused = await service.api.get(`/opportunity/${id}/history?limit=101`);
  expect([refused.status, refused.body.error.param]).toEqual([400, 'limit']);
});

it('is 404 for what never was, and for what belongs to another workspace', async () => {
  const { id } = await createOpportunity(service.api);
  const [unknown, foreign] = [
    await service.api.get('/opportunity/opportunity_x/history'),
    await service.other.get(`/opportunity/${id}/history`),
  ];
  expect([unknown.status, foreign.status]).toEqual([404, 404]);
});

it('forgets what is older than EVENT_RETENTION_DAYS, and nothing else', async () => {
  const { id } = await createOpportunity(service.api);
  for (let n = 0; n < 3; n++) await service.api.patch(`/opportunity/${id}`, { title: `${n}` });
  const age = `update event set created_at = created_at - interval '31 days' where subject_id = $1 and after->>'title' in ('0', '1')`;
  // What a consumer of a module has before it stays.
  await consumersAtRest(service);
  await service.database.query(age, [id]);
  expect(await service.app.get(RetentionService).sweep()).toBe(2);
  expect((await history(id)).map(({ after }) => after.title)).toEqual(['2', undefined]);
});

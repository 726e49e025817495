import fc from 'fast-check';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import pg from 'pg';
import { EntityManager } from 'typeorm';
import { RetentionService } from '../src/retention/retention.service.js';
import { consumersAtRest } from './support/consumers-at-rest.js';
import type { Client, Json } from './support/client.js';
import { followed } from './support/events.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { MixedWrites, WRITES } from './support/mixed-writes.js';
import { restoredCopy } from './support/restored-copy.js';
import { startService, type Service } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0' });
});
afterAll(() => service.stop());

async function feed(query = '', api: Client = service.api): Promise<Json> {
  const { status, body, text } = await api.get(`//api/events${query}`);
  expect([status, text]).toEqual([200, expect.any(String)]);
  return body;
}

const now = async (): Promise<string> => (await feed()).next;

async function history(id: string): Promise<Json[]> {
  return (await service.api.get(`/opportunity/${id}/history?limit=100`)).body.data;
}

const typesOf = (events: Json[]): string[] => events.map(({ type }) => type);

it('begins now, and goes on from its own cursor with what was committed since', async () => {
  await createOpportunity(service.api);
  const first = await feed();
  expect(first).toEqual({ data: [], next: expect.stringMatching(/^[\w-]{1,100}$/), has_more: false });
  const { id } = await createOpportunity(service.api, { title: 'New' });
  const second = await feed(`?after=${first.next}`);
  expect(second.data).toEqual(await history(id));
  expect(await feed(`?after=${second.next}`)).toEqual({ data: [], next: second.next, has_more: false });
});

it('has derived events directly behind their source, which is not the history', async () => {
  const after = await now();
  const { id } = await createOpportunity(service.api);
  await service.api.patch(`/opportunity/${id}`, { opportunity_amount: 5, sales_stage: 'Won', status: 'Converted' });
  await service.api.patch(`/opportunity/${id}`, { status: 'Replied', opportunity_owner: 'sam' });
  await service.api.post(`/opportunity/${id}/close`, {});
  const { data } = await feed(`?after=${after}`);
  expect(typesOf(data)).toEqual([
    'opportunity.created',
    ...['opportunity.updated', 'opportunity.won', 'opportunity.stage_changed', 'opportunity.amount_changed'],
    ...['opportunity.updated', 'opportunity.reopened', 'opportunity.owner_changed'],
    ...['opportunity.updated', 'opportunity.closed'],
  ]);
  const [, source, won] = data;
  expect(won).toEqual({ ...source, id: `${source.id}_won`, type: 'opportunity.won', derived_from: source.id });
  expect(data.filter((event: Json) => event.derived_from === null).reverse()).toEqual(await history(id));
  for (const event of [source, won]) {
    const { text } = await service.api.get(`//api/events/${event.id}`);
    const page = await service.api.get(`//api/events?after=${after}`);
    expect(page.text).toContain(text);
  }
  expect((await service.api.get(`//api/events/${source.id}_lost`)).body.error.code).toBe('resource_missing');
});

it('takes types and an opportunity, and moves past what they leave out', async () => {
  const after = await now();
  const { id } = await createOpportunity(service.api);
  await addItem(service.api, id, {});
  await createOpportunity(service.api);
  await service.api.post(`/opportunity/${id}/convert`, {});
  const of = async (query: string): Promise<string[]> => typesOf((await feed(`?after=${after}&${query}`)).data);
  expect(await of('types=opportunity_item.*,opportunity.won')).toEqual(['opportunity_item.created', 'opportunity.won']);
  expect(await of(`opportunity_id=${id}&types=opportunity.created`)).toEqual(['opportunity.created']);
  expect(await of('opportunity_id=opportunity_unknown')).toEqual([]);
  const { next } = await feed(`?after=${after}&types=opportunity_lost_reason_detail.*`);
  expect((await feed(`?after=${next}`)).data).toEqual([]);
  const { data, has_more } = await feed(`?after=${after}&limit=2`);
  expect([data.length, has_more]).toEqual([2, true]);
  const refused = await service.api.get('//api/events?types=opportunity.sold');
  expect([refused.status, refused.body.error.param]).toEqual([400, 'types']);
  expect(refused.body.error.message).toContain('opportunity_item.reordered');
  for (const query of ['limit=0', 'wait=26', 'after=x', 'until=1'])
    expect((await service.api.get(`//api/events?${query}`)).body.error.param).toBe(query.split('=')[0]);
});

it('has neither events of keys nor what was rolled back, and is one of each workspace', async () => {
  const after = await now();
  const admin = await service.clientWith({ scopes: ['admin'] });
  await admin.post('//api/keys', { name: 'new', scopes: ['read'] });
  await service.api.post('/opportunity/batch', {
    operations: [
      { method: 'create', body: minimal },
      { method: 'delete', id: 'opportunity_x' },
    ],
  });
  await createOpportunity(service.other);
  expect((await feed(`?after=${after}`)).data).toEqual([]);
  expect(typesOf((await feed('?after=beginning', service.other)).data)).toEqual(['opportunity.created']);
  const [own] = (await feed('?after=beginning&limit=1')).data;
  expect((await service.other.get(`//api/events/${own.id}`)).status).toBe(404);
  const foreign = await service.other.get(`//api/events?after=${after}`);
  expect([foreign.status, foreign.body.error]).toEqual([
    410,
    expect.objectContaining({ code: 'log_changed', param: 'after', oldest: expect.any(String) }),
  ]);
});

it('leaves a large event without its contents, which the history shows', async () => {
  const after = await now();
  const items = Array.from({ length: 30 }, () => ({ description: 'x'.repeat(10_000) }));
  const { id } = await createOpportunity(service.api, { items });
  await service.api.delete(`/opportunity/${id}`);
  const { data } = await feed(`?after=${after}&types=opportunity.deleted`);
  expect(data).toMatchObject([{ object_id: id, before: null, after: null, truncated: true }]);
  expect((await history(id))[0].before.items).toHaveLength(30);
});

it('is not held up by a transaction that takes long', async () => {
  const after = await now();
  const { id } = await createOpportunity(service.api);
  const slow = new pg.Client({ connectionString: service.database.url });
  await slow.connect();
  await slow.query('begin');
  await slow.query(`insert into event (workspace_id, subject_id, type, object_id, version)
    select workspace_id, 'opportunity_slow', 'opportunity.created', 'opportunity_slow', 1 from opportunity where id = '${id}'`);
  const { id: other } = await createOpportunity(service.api);
  const first = await feed(`?after=${after}`);
  expect(first.data.map(({ object_id }: Json) => object_id)).toEqual([id, other]);
  await slow.query('commit');
  await slow.end();
  const second = await feed(`?after=${first.next}`);
  expect(second.data.map(({ object_id }: Json) => object_id)).toEqual(['opportunity_slow']);
});

it('answers a wait with the event, whichever process wrote it, and with nothing when its time is over', async () => {
  const after = await now();
  expect(await feed(`?after=${after}&wait=1`)).toEqual({ data: [], next: after, has_more: false });
  const waiting = feed(`?after=${after}&wait=25&types=opportunity.won`);
  const { id } = await createOpportunity(service.api);
  const neighbour = await startService({}, { ...service.database, drop: () => Promise.resolve() });
  await neighbour.api.post(`/opportunity/${id}/convert`, {});
  expect(typesOf((await waiting).data)).toEqual(['opportunity.won']);
  const ended = neighbour.api.get(`//api/events?wait=25`);
  await until(() => isWaiting(neighbour));
  const [{ status, body }] = await Promise.all([ended, neighbour.stop()]);
  expect([status, body.data]).toEqual([200, []]);
});

/** Is somebody waiting in this service? Its hundred places tell. */
async function isWaiting({ app }: Service): Promise<boolean> {
  const { FeedWaits } = await import('../src/events/feed-waits.js');
  await new Promise((resolve) => setTimeout(resolve, 10));
  return [...app.get(FeedWaits).workspaces()].length > 0;
}

/** A stream as it arrives. */
async function stream(headers: Record<string, string>, query = '', api = service.api): Promise<Frames> {
  const request = get(`${service.origin}/api/events${query}`, {
    headers: { authorization: `Bearer ${api.key ?? ''}`, accept: 'text/event-stream', ...headers },
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return new Frames(response);
}

class Frames {
  text = '';

  constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    response.on('error', () => undefined);
  }

  async until(holds: (text: string) => boolean): Promise<void> {
    while (!holds(this.text)) await once(this.response, 'data');
  }

  get events(): { cursor: string; event: Json }[] {
    return [...this.text.matchAll(/^id: (.*)\ndata: (.*)\n\n/gm)].map(([, cursor = '', event = '']) => ({
      cursor,
      event: JSON.parse(event),
    }));
  }
}

it('streams the same events, goes on from Last-Event-ID, and ends with its key', async () => {
  const after = await now();
  const frames = await stream({}, `?after=${after}`);
  await frames.until((text) => text.startsWith(': ok\n\n'));
  expect(frames.response.headers['content-type']).toContain('text/event-stream');
  const { id } = await createOpportunity(service.api);
  await service.api.post(`/opportunity/${id}/convert`, {});
  await frames.until(() => frames.events.length === 3);
  frames.response.destroy();
  const { data, next } = await feed(`?after=${after}`);
  expect(frames.events.map(({ event }) => event)).toEqual(data);
  expect(frames.events.at(-1)?.cursor).toBe(next);
  const reader = await service.clientWith({ scopes: ['read'] });
  const again = await stream({ 'last-event-id': frames.events[0]?.cursor ?? '' }, '?after=beginning', reader);
  await again.until(() => again.events.length === 2);
  const ended = once(again.response, 'end');
  await service.database.query(`update api_key set revoked_at = now() where scopes = '{read}'`);
  await ended;
  const lost = await stream({ 'last-event-id': 'x' });
  expect(lost.response.statusCode).toBe(400);
  lost.response.destroy();
});

it('bounds how many wait', async () => {
  const held = await Promise.all(Array.from({ length: 100 }, () => stream({}, '', service.other)));
  const refused = await service.other.get('//api/events?wait=5');
  expect([refused.status, refused.body.error.code]).toEqual([429, 'rate_limit']);
  for (const { response } of held) response.destroy();
});

it('has for each opportunity its history, whatever is written at once', async () => {
  const writes = fc.array(
    fc.record({ kind: fc.constantFrom(...WRITES), deal: fc.nat(2), child: fc.nat(5), value: fc.nat(20) }),
    { minLength: 3, maxLength: 15 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(writes, { minLength: 3, maxLength: 4 }), async (clients) => {
      // A consumer of a module writes to a deal when it hears of it.
      await consumersAtRest(service);
      const after = await now();
      const mixed = new MixedWrites(service.api, []);
      for (let deal = 0; deal < 3; deal++) mixed.dealIds.push((await createOpportunity(service.api)).id as string);
      let isOver = false;
      const reading = followed(service.api, after, () => isOver);
      await Promise.all(
        clients.map(async (client) => {
          for (const write of client) await mixed.send(write);
        }),
      );
      await consumersAtRest(service);
      isOver = true;
      const events = await reading;
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
      const stored = events.filter(({ derived_from }) => derived_from === null);
      for (const id of new Set(stored.map(({ opportunity_id }) => opportunity_id as string))) {
        const own = stored.filter(({ opportunity_id }) => opportunity_id === id);
        expect(own.toReversed()).toEqual(await history(id));
        expect(own.map(({ version }) => version)).toEqual(own.map(({ version }) => version).toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 3, endOnFailure: true },
  );
});

/** As an import leaves them, in one transaction. Every tenth is a change that has a derived event. */
const BACKLOG = `insert into event (workspace_id, subject_id, object_id, type, version, before, after)
  select workspace_id, id, id, case when n % 10 = 0 then 'opportunity.updated' else 'opportunity_item.created' end, n,
    '{"status":"Open"}', '{"status":"Lost"}' from opportunity, generate_series(1, 2500) n where id = $1`;

it('numbers a large backlog at once and in order, and has never much of it in memory', async () => {
  const { id } = await createOpportunity(service.api);
  const after = await now();
  await service.database.query(BACKLOG, [id]);
  const answers = vi.spyOn(EntityManager.prototype, 'query');
  // A module may write events of its own meanwhile.
  const events = (await followed(service.api, after, () => true, 100)).filter((event) => event.object_id === id);
  const rows = await Promise.all(answers.mock.results.map(({ value }) => value as Promise<unknown[] | undefined>));
  answers.mockRestore();
  const numbers = Array.from({ length: 2500 }, (_, index) => index + 1);
  expect(events.map(({ version }) => version)).toEqual(numbers.flatMap((n) => (n % 10 === 0 ? [n, n] : [n])));
  expect(events.filter(({ type }) => type === 'opportunity.lost')).toHaveLength(250);
  expect(new Set(events.map((event) => event.id)).size).toBe(2750);
  expect(Math.max(...rows.map((answer) => answer?.length ?? 0))).toBeLessThanOrEqual(1000);
});

it('begins a new log in a restored database, where it goes on', async () => {
  const { next } = await feed('?after=beginning&limit=3');
  const { data: kept } = await feed(`?after=${next}&limit=100`);
  // Committed, and not numbered when the backup is made.
  const { id } = await createOpportunity(service.api, { title: 'Last' });
  const restored = await startService({ RATE_LIMIT_REQUESTS: '0' }, await restoredCopy(service.database));
  const lost = await restored.api.get(`//api/events?after=${next}`);
  expect([lost.status, lost.body.error.code]).toEqual([410, 'log_changed']);
  const { next: there } = await feed('?after=beginning&limit=3', restored.api);
  expect((await feed(`?after=${there}&limit=100`, restored.api)).data).toEqual(kept);
  const last = await feed(`?after=beginning&opportunity_id=${id}`, restored.api);
  expect(last.data.map(({ after }: Json) => after.title)).toEqual(['Last']);
  const { next: now } = await feed('', restored.api);
  for (let n = 0; n < 3; n++) await restored.api.patch(`/opportunity/${id}`, { title: `${n}` });
  const { data } = await feed(`?after=${now}`, restored.api);
  expect(data.map(({ after }: Json) => after.title)).toEqual(['0', '1', '2']);
  await restored.stop();
});

it('refuses a cursor whose next events were removed', async () => {
  const [{ next: before }, after] = [await feed('?after=beginning&limit=1'), await now()];
  const { id } = await createOpportunity(service.api);
  await consumersAtRest(service);
  const kept = await feed(`?after=${after}`);
  const old = `created_at = created_at - interval '400 days'`;
  const earlier = `workspace_id = (select workspace_id from opportunity where id = '${id}') and subject_id <> '${id}'`;
  await service.database.query(`update event set ${old} where ${earlier}`);
  await service.database.query(`update feed_entry set ${old} where ${earlier}`);
  expect(await service.app.get(RetentionService).sweep()).toBeGreaterThan(0);
  const { status, body } = await service.api.get(`//api/events?after=${before}`);
  expect([status, body.error]).toEqual([410, expect.objectContaining({ code: 'cursor_expired', param: 'after' })]);
  for (const cursor of ['beginning', after, body.error.oldest])
    expect((await feed(`?after=${cursor}`)).data).toEqual(kept.data);
});

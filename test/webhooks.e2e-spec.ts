import { Sequencer } from '../src/events/sequencer.js';
import { ACTIVE, Dispatcher } from '../src/webhooks/dispatcher.js';
import { RetentionService } from '../src/retention/retention.service.js';
import pg from 'pg';
import { DataSource } from 'typeorm';
import Stripe from 'stripe';
import { setTimeout as wait } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Client, Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { Receiver, type Received } from './support/receiver.js';
import { cloneDatabase } from './support/database.js';
import { restoredCopy } from './support/restored-copy.js';
import { startService, type Service } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
let admin: Client;
let receiver: Receiver;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0' });
  admin = await service.clientWith({ scopes: ['admin'] });
});
afterAll(() => service.stop());
// Each test has a receiver of its own: what an earlier test still sends does not arrive there.
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  const { body } = await admin.get('//api/webhook-endpoints?limit=100');
  for (const { id } of body.data) await admin.delete(`//api/webhook-endpoints/${id}`);
  // Whoever asks the feed finds all events numbered, so none of them is due to an endpoint of the next test.
  await service.api.get('//api/events');
  await receiver.stop();
});

async function endpoint(body: Json): Promise<Json> {
  const created = await admin.post('//api/webhook-endpoints', {
    url: receiver.url(),
    enabled_events: ['opportunity.*'],
    ...body,
  });
  expect([created.status, created.text]).toEqual([201, expect.stringContaining('whsec_')]);
  return created.body;
}

async function deliveries(id: string, query = ''): Promise<Json[]> {
  return (await admin.get(`//api/webhook-endpoints/${id}/deliveries${query}`)).body.data;
}

/** The deliveries once they are as they should be; the outcome of an attempt is recorded after the receiver has answered. */
async function deliveriesUntil(id: string, holds: (all: Json[]) => boolean): Promise<Json[]> {
  for (;;) {
    const all = await deliveries(id);
    if (holds(all)) return all;
    await wait(20);
  }
}

const isEnded = ({ status }: Json): boolean => !['pending', 'retrying'].includes(status);

/** Moves all that is kept of deliveries into the past, as if time had passed. */
async function pass(hours: number): Promise<void> {
  const earlier = (name: string): string => `${name} = ${name} - ${hours} * interval '1 hour'`;
  const names = ['created_at', 'next_attempt_at', 'attempted_at', 'ended_at', 'leased_until'];
  await service.database.query(`update webhook_delivery set ${names.map(earlier).join(', ')}`);
  await service.database.query(`update webhook_endpoint set ${earlier('failing_since')}`);
}

it('sends an event once, in the bytes of the feed, signed for Standard Webhooks and for Stripe', async () => {
  const { secret, ...created } = await endpoint({ headers: { 'X-Tenant': 'a' } });
  expect((await admin.get(`//api/webhook-endpoints/${created.id}`)).body).toEqual(created);
  const { id } = await createOpportunity(service.api);
  await service.api.patch(`/opportunity/${id}`, { status: 'Converted' });
  await receiver.until(() => receiver.all.length === 3);
  const all = await deliveriesUntil(created.id, (found) => found.length === 3 && found.every(isEnded));
  expect(all.map(({ type, status }) => [type, status])).toEqual(
    expect.arrayContaining([
      ['opportunity.created', 'delivered'],
      ['opportunity.updated', 'delivered'],
      ['opportunity.won', 'delivered'],
    ]),
  );
  expect(all[0].attempts).toEqual([expect.objectContaining({ status_code: 204, error: null, response_body: '' })]);
  for (const { body, headers, event } of receiver.all) {
    expect((await service.api.get(`//api/events/${event.id}`)).text).toBe(body);
    expect(headers).toMatchObject({ 'x-tenant': 'a', 'webhook-id': event.id, 'content-type': 'application/json' });
    expect(headers['user-agent']).toMatch(/^crm-opportunity-service\/\d/);
    new Webhook(secret).verify(body, headers as Record<string, string>);
    Stripe.webhooks.constructEvent(body, headers['crm-signature'] as string, secret);
  }
});

/** How long after one attempt the next starts, at most 20 % later. */
const HOURS = [0.01, 0.1, 0.5, 2, 5, 10, 14, 20, 24];

it('tries again for three days, then gives up, and disables what has failed for five', async () => {
  receiver.answer = (_received, response) => response.writeHead(500).end('oops\0');
  const witness = await endpoint({ enabled_events: ['webhook_endpoint.disabled'], url: receiver.url('/witness') });
  const { id } = await endpoint({ enabled_events: ['opportunity.created'], url: receiver.url('/failing') });
  for (let n = 0; n < 3; n++) await createOpportunity(service.api);
  for (let tries = 1; tries <= 10; tries++) {
    const hasEnded = ({ attempts }: Json): boolean => attempts.length === tries;
    const all = await deliveriesUntil(id, (found) => found.length === 3 && found.every(hasEnded));
    const status = tries < 10 ? 'retrying' : 'exhausted';
    expect(all.map((each) => each.status)).toEqual(all.map(() => status));
    await pass(1.21 * (HOURS[tries - 1] ?? 40));
    // A look of its own, as the timer would do it.
    await admin.patch(`//api/webhook-endpoints/${id}`, { description: `${tries}` });
  }
  const [first] = await deliveries(id);
  expect(first.attempts[0]).toMatchObject({ error: 'status', status_code: 500, response_body: 'oops\ufffd' });
  await createOpportunity(service.api);
  await receiver.until(() => receiver.at('/witness').length > 0);
  const { body } = await admin.get(`//api/webhook-endpoints/${id}`);
  expect(body).toMatchObject({ disabled: true, disabled_reason: 'failing', missed_events: 1 });
  expect(receiver.at('/witness')[0]?.event).toMatchObject({
    type: 'webhook_endpoint.disabled',
    object_id: id,
    after: { disabled: true, disabled_reason: 'failing' },
    ...{ opportunity_id: null, version: null, before: null, request_id: null, key_id: null },
  });
  expect(await deliveries(witness.id)).toHaveLength(1);
});

it('follows no redirect, and disables an endpoint that is gone', async () => {
  receiver.answer = ({ path }, response) => {
    if (path === '/moved') response.writeHead(308, { location: receiver.url('/elsewhere') }).end();
    else response.writeHead(410).end();
  };
  const moved = await endpoint({ url: receiver.url('/moved'), enabled_events: ['*'] });
  const gone = await endpoint({ url: receiver.url('/gone') });
  const { id } = await createOpportunity(service.api);
  const hasAttempts = ({ attempts }: Json): boolean => attempts.length > 0;
  const all = await deliveriesUntil(moved.id, (found) => found.some(hasAttempts));
  expect(all.find(hasAttempts)?.attempts[0]).toMatchObject({ error: 'redirect', status_code: 308 });
  await deliveriesUntil(gone.id, (all) => all.length === 1 && all.every(isEnded));
  await service.api.patch(`/opportunity/${id}`, { title: 'x' });
  await deliveriesUntil(gone.id, (all) => all.length === 2 && all.every(isEnded));
  const { body } = await admin.get(`//api/webhook-endpoints/${gone.id}`);
  expect(body).toMatchObject({ disabled: true, disabled_reason: 'gone', missed_events: 2 });
  expect(receiver.at('/elsewhere')).toEqual([]);
  const refused = await admin.post(`//api/webhook-endpoints/${gone.id}/replay`, { since: new Date().toISOString() });
  expect([refused.status, refused.body.error.code]).toEqual([409, 'endpoint_disabled']);
});

it('sends events of an opportunity one after the other where asked to, and those of others meanwhile', async () => {
  const [one, two] = [await createOpportunity(service.api), await createOpportunity(service.api)];
  let isDown = true;
  receiver.answer = ({ event }, response) =>
    response.writeHead(isDown && event.opportunity_id === one.id ? 503 : 204).end();
  const { id } = await endpoint({ ordering: 'per_opportunity', enabled_events: ['opportunity.updated'] });
  for (const deal of [one, two])
    for (let n = 0; n < 4; n++) await service.api.patch(`/opportunity/${deal.id}`, { title: `${n}` });
  const of = (deal: Json): Json[] => receiver.all.filter(({ event }) => event.opportunity_id === deal.id);
  await receiver.until(() => of(two).length === 4 && of(one).length >= 1);
  expect(new Set(of(one).map(({ event }) => event.after.title))).toEqual(new Set(['0']));
  isDown = false;
  receiver.all.splice(0);
  await pass(1);
  await admin.patch(`//api/webhook-endpoints/${id}`, { description: 'look' });
  await receiver.until(() => of(one).length === 4);
  expect(of(one).map(({ event }) => event.after.title)).toEqual(['0', '1', '2', '3']);
});

it('keeps the order of many events that wait, which hold up no other opportunity', async () => {
  const [one, two] = [await createOpportunity(service.api), await createOpportunity(service.api)];
  const [isDown, titles] = [new Set([one.id, two.id]), Array.from({ length: 30 }, (_, n) => `${n}`)];
  receiver.answer = ({ event }, response) => response.writeHead(isDown.has(event.opportunity_id) ? 503 : 204).end();
  const { id } = await endpoint({ ordering: 'per_opportunity', enabled_events: ['opportunity.updated'] });
  for (const title of titles)
    for (const deal of [one, two]) await service.api.patch(`/opportunity/${deal.id}`, { title });
  const of = (deal: Json): string[] =>
    receiver.all.flatMap(({ event }) => (event.opportunity_id === deal.id ? event.after.title : []));
  const waiting = async (): Promise<number> =>
    (await service.database.query('select from webhook_delivery where waits_until is not null')).length;
  await until(async () => (await waiting()) > 0);
  await receiver.until(() => of(one).length > 0 && of(two).length > 0);
  const three = await createOpportunity(service.api);
  await service.api.patch(`/opportunity/${three.id}`, { title: 'other' });
  await receiver.until(() => of(three).length === 1);
  expect([new Set(of(one)), new Set(of(two))]).toEqual([new Set(['0']), new Set(['0'])]);

  // The first one has it that all others follow, one after the other.
  isDown.clear();
  receiver.all.splice(0);
  const resend = async (deal: Json, title: string): Promise<void> => {
    const [{ delivery }] = await service.database.query<Json>(
      `select d.id as delivery from webhook_delivery d join event e on e.id = d.event_id
       where d.opportunity_id = $1 and e.after->>'title' = $2`,
      [deal.id, title],
    );
    expect((await admin.post(`//api/webhook-endpoints/${id}/deliveries/${delivery}/resend`, {})).status).toBe(202);
  };
  await resend(one, '0');
  await receiver.until(() => of(one).length === titles.length);
  expect(of(one)).toEqual(titles);

  // A resend does not wait, and without an order nothing does.
  await resend(two, '29');
  await receiver.until(() => of(two).length === 1);
  expect(of(two)).toEqual(['29']);
  expect((await admin.patch(`//api/webhook-endpoints/${id}`, { ordering: 'none' })).status).toBe(200);
  await receiver.until(() => of(two).length >= titles.length - 1);
  expect(new Set(of(two))).toEqual(new Set(titles.slice(1)));
  expect(await waiting()).toBe(0);
});

it('sends while another process numbers events, which shares the row of the endpoint', async () => {
  await endpoint({ enabled_events: ['opportunity.created'] });
  const session = new pg.Client({ connectionString: service.database.url });
  await session.connect();
  try {
    await session.query('begin; select from webhook_endpoint for share');
    await createOpportunity(service.api);
    await receiver.until(() => receiver.all.length === 1);
  } finally {
    await session.end();
  }
});

it('takes a filter, and adds the opportunity as it is', async () => {
  await endpoint({
    filter: { 'opportunity_amount[gte]': '1000' },
    include_object: true,
    enabled_events: ['opportunity.created', 'opportunity.deleted'],
  });
  const small = await createOpportunity(service.api, { opportunity_amount: 999 });
  const { body: large } = await service.api.post('/opportunity', {
    ...{ opportunity_from: 'Lead', party_name: 'A', company: 'B', transaction_date: '2024-01-15' },
    opportunity_amount: 1000,
  });
  await receiver.until(() => receiver.all.length === 1);
  expect(receiver.all[0]?.event).toMatchObject({ object_id: large.id, data: large });
  expect(Object.keys(receiver.all[0]?.event).at(-1)).toBe('data');
  await service.api.delete(`/opportunity/${small.id}`);
  await receiver.until(() => receiver.all.length === 2);
  expect(receiver.all[1]?.event).toMatchObject({ object_id: small.id, type: 'opportunity.deleted', data: null });
});

it('filters by attributes that are computed, which the feed does not suffer from', async () => {
  const { id } = await endpoint({
    filter: {
      ...{ rotten: 'false', 'rotten_at[is_null]': 'true', 'forecast_category[is_null]': 'true' },
      ...{ 'weighted_amount[gte]': '1000', 'pipeline_name[is_null]': 'true', 'lost_reason[is_null]': 'true' },
    },
    enabled_events: ['opportunity.created'],
  });
  const since = new Date().toISOString();
  await createOpportunity(service.api, { opportunity_amount: 999 });
  const large = await createOpportunity(service.api, { opportunity_amount: 1000 });
  await receiver.until(() => receiver.all.length === 1);
  expect((await deliveriesUntil(id, (all) => all.every(isEnded))).map((each) => each.opportunity_id)).toEqual([
    large.id,
  ]);
  const { body } = await admin.post(`//api/webhook-endpoints/${id}/replay`, { since, only: 'all' });
  expect(body).toMatchObject({ count: 1, has_more: false });
});

it('signs with old secrets beside the new one while they last', async () => {
  const { id, secret } = await endpoint({});
  const rotate = (body?: Json): Promise<Json> => admin.post(`//api/webhook-endpoints/${id}/rotate-secret`, body ?? {});
  const second = (await rotate()).body.secret;
  const third = (await rotate()).body.secret;
  const refused = await rotate();
  expect([refused.status, refused.body.error.code]).toEqual([409, 'secrets_limit_reached']);
  await createOpportunity(service.api);
  await receiver.until(() => receiver.all.length === 1);
  const [{ body, headers }] = receiver.all as [Received];
  for (const each of [secret, second, third]) {
    new Webhook(each).verify(body, headers as Record<string, string>);
    Stripe.webhooks.constructEvent(body, headers['crm-signature'] as string, each);
  }
  const { body: last } = await rotate({ expire_old_after_s: 0 });
  await createOpportunity(service.api);
  await receiver.until(() => receiver.all.length === 2);
  expect(receiver.all[1]?.headers['webhook-signature']).toMatch(/^v1,\S+$/);
  new Webhook(last.secret).verify(receiver.all[1]?.body ?? '', receiver.all[1]?.headers as Record<string, string>);
});

it('does not lose sight of an endpoint that is made while endpoints are looked for', async () => {
  const dataSource = service.app.get(DataSource);
  const query = dataSource.query.bind(dataSource);
  let answer: () => void = () => undefined;
  const asked = vi.spyOn(dataSource, 'query').mockImplementation((text, ...rest) => {
    if (text !== ACTIVE) return query(text, ...rest);
    return new Promise(
      (resolve) =>
        (answer = () => {
          resolve([]);
        }),
    );
  });
  await until(() => asked.mock.calls.some(([text]) => text === ACTIVE));
  await endpoint({});
  answer();
  await createOpportunity(service.api);
  await receiver.until(() => receiver.all.length === 1);
  asked.mockRestore();
  answer();
});

it('puts numbering off while every endpoint is owed more than can be sent to it, except for who asks the feed', async () => {
  const held: (() => void)[] = [];
  receiver.answer = ({ path }, response) => {
    if (path === '/slow') held.push(() => response.writeHead(204).end());
    else response.writeHead(204).end();
  };
  const isFollowed = (): boolean => [...service.app.get(Dispatcher).workspaces()].length > 0;
  const create = (n: number): Promise<unknown> =>
    Promise.all(Array.from({ length: n }, () => createOpportunity(service.api)));
  const slow = await endpoint({ url: receiver.url('/slow') });
  await create(40);
  await receiver.until(() => held.length === 5);
  await until(() => !isFollowed());
  const { id: asked } = await createOpportunity(service.api);
  const { body } = await service.api.get(`//api/events?after=beginning&opportunity_id=${asked}`);
  expect(body.data).toHaveLength(1);

  const quick = await endpoint({ url: receiver.url('/quick') });
  await until(isFollowed);
  const { id: last } = await createOpportunity(service.api);
  await receiver.until(() => receiver.at('/quick').some(({ event }) => event.object_id === last));
  await admin.delete(`//api/webhook-endpoints/${quick.id}`);
  await until(() => !isFollowed());

  // An event from before a change is judged by the endpoint as it was.
  await createOpportunity(service.api);
  await admin.patch(`//api/webhook-endpoints/${slow.id}`, { enabled_events: ['opportunity.deleted'] });
  receiver.answer = (_received, response) => response.writeHead(204).end();
  for (const end of held) end();
  await receiver.until(() => receiver.at('/slow').length === 43);
  expect(isFollowed()).toBe(true);
});

it('pings, resends and replays', async () => {
  const since = new Date(Date.now() - 1000).toISOString();
  await createOpportunity(service.api, { title: 'Before' });
  // Whoever asks the feed after a write finds its events numbered, so none of them is due to a later endpoint.
  await service.api.get('//api/events');
  const { id } = await endpoint({ enabled_events: ['opportunity.created'] });
  const ping = await admin.post(`//api/webhook-endpoints/${id}/ping`, {});
  expect([ping.status, ping.body]).toEqual([200, expect.objectContaining({ status_code: 204, error: null })]);
  expect(receiver.all[0]?.event).toMatchObject({ type: 'ping', object_id: id, before: null, after: null });
  expect(await deliveries(id)).toEqual([]);
  await createOpportunity(service.api, { title: 'Sent' });
  const [sent] = await deliveriesUntil(id, (all) => all.length === 1 && all.every(isEnded));
  const again = await admin.post(`//api/webhook-endpoints/${id}/deliveries/${sent.id}/resend`, {});
  expect([again.status, again.body.status, again.body.attempts.length]).toEqual([202, 'pending', 1]);
  await deliveriesUntil(id, ([only]) => only.status === 'delivered' && only.attempts.length === 2);
  expect(receiver.all[2]?.body).toBe(receiver.all[1]?.body);
  await admin.patch(`//api/webhook-endpoints/${id}`, { disabled: true });
  await createOpportunity(service.api, { title: 'Skipped' });
  await deliveriesUntil(id, (all) => all.length === 2);
  const enabled = await admin.patch(`//api/webhook-endpoints/${id}`, { disabled: false });
  expect(enabled.body).toMatchObject({ disabled_reason: null, missed_events: 1 });
  receiver.all.splice(0);
  const titles = (): string[] => receiver.all.map(({ event }) => event.after.title).filter(Boolean);
  const { status, body } = await admin.post(`//api/webhook-endpoints/${id}/replay`, { since });
  expect([status, body.has_more]).toEqual([202, false]);
  await receiver.until(() => ['Before', 'Skipped'].every((title) => titles().includes(title)));
  expect(titles()).not.toContain('Sent');
  expect((await admin.get(`//api/webhook-endpoints/${id}`)).body.missed_events).toBe(0);
  const everything = await admin.post(`//api/webhook-endpoints/${id}/replay`, { since, only: 'all' });
  await receiver.until(() => titles().includes('Sent'));
  expect(everything.body.count).toBeGreaterThan(2);
});

it('refuses what cannot be sent to, and what is no endpoint', async () => {
  const refused = async (body: Json): Promise<string> => {
    const given = { url: receiver.url(), enabled_events: ['*'], ...body };
    const { status, body: answer } = await admin.post('//api/webhook-endpoints', given);
    expect(status).toBe(400);
    return answer.error.param;
  };
  const hidden: Json = JSON.parse('{"__proto__":"x"}');
  const urls = [
    'ftp://a.example',
    'https://u:p@a.example',
    'https://a.example/#x',
    'x',
    'http://10.0.0.1',
    'http://0xa9fea9fe',
  ];
  const database = new URL(service.database.url);
  for (const url of [...urls, `http://127.0.0.1:3000/`, `http://localhost:${database.port}`])
    expect([url, await refused({ url })]).toEqual([url, 'url']);
  expect(await refused({ enabled_events: [] })).toBe('enabled_events');
  expect(await refused({ enabled_events: ['opportunity.sold'] })).toBe('enabled_events');
  expect(await refused({ filter: { 'total[near]': '1' } })).toBe('filter.total[near]');
  expect(await refused({ filter: { limit: '1' } })).toBe('filter.limit');
  expect(await refused({ filter: hidden })).toBe('filter.__proto__');
  expect(await refused({ filter: { constructor: 'x' } })).toBe('filter.constructor');
  for (const title of ['a\0', 'a\ud800']) expect(await refused({ filter: { title } })).toBe('filter.title');
  expect(await refused({ headers: { 'Webhook-Id': '1' } })).toBe('headers.Webhook-Id');
  expect(await refused({ headers: { 'X-A': '1', 'x-a': '2' } })).toBe('headers.x-a');
  const ofConnection = ['Connection', 'Keep-Alive', 'Transfer-Encoding', 'TE', 'Trailer', 'Upgrade', 'Expect'];
  for (const name of [...ofConnection, 'Proxy-Authorization', 'Host', 'Content-Length'])
    expect(await refused({ headers: { [name]: 'x' } })).toBe(`headers.${name}`);
  expect(await refused({ secret: 'whsec_x' })).toBe('secret');
  expect((await service.api.get('//api/webhook-endpoints')).status).toBe(403);
  const foreign = await service.clientWith({ workspace: 'other', scopes: ['admin'] });
  const { id } = await endpoint({});
  expect((await foreign.get(`//api/webhook-endpoints/${id}/deliveries`)).status).toBe(404);
});

it('refuses what is wrong with a body at once, however many events have no number yet', async () => {
  const { id } = await endpoint({});
  const url = 'http://10.0.0.1';
  const bodies: [string, Json[]][] = [
    ['', [{}, { url, enabled_events: ['*'] }]],
    [`/${id}/replay`, [{}, { since: '2020-01-01T00:00:00Z' }]],
  ];
  const numbered = vi.spyOn(service.app.get(Sequencer), 'caughtUp');
  try {
    for (const [path, all] of bodies)
      for (const body of all) expect((await admin.post(`//api/webhook-endpoints${path}`, body)).status).toBe(400);
    expect((await admin.patch(`//api/webhook-endpoints/${id}`, { url, disabled: false })).status).toBe(400);
    expect(numbered).not.toHaveBeenCalled();
    await endpoint({});
    expect(numbered).toHaveBeenCalledTimes(1);
  } finally {
    numbered.mockRestore();
  }
});

it('names everything that is wrong with an endpoint at once', async () => {
  const wrong = {
    ...{ url: 'http://10.0.0.1', enabled_events: ['opportunity.sold'] },
    ...{ filter: { limit: '1', 'total[near]': '1' }, headers: { TE: 'trailers', 'X-A': 'é' } },
  };
  const { error } = (await admin.post('//api/webhook-endpoints', wrong)).body;
  expect(error.errors.map(({ param }: Json) => param)).toEqual([
    ...['url', 'enabled_events', 'filter.limit', 'filter.total[near]', 'headers.TE', 'headers.X-A'],
  ]);
});

it('lists the first hundred errors of a filter', async () => {
  const filter = Object.fromEntries(Array.from({ length: 150 }, (_none, n) => [`total[${n}]`, n]));
  const body = { url: receiver.url(), enabled_events: ['*'], filter };
  const { error } = (await admin.post('//api/webhook-endpoints', body)).body;
  expect([error.param, error.errors.length]).toEqual(['filter.total[0]', 100]);
  expect(error.message).toContain('The first 100 of 150 failing parameters are listed.');
});

it('has at most 50 endpoints in a workspace', async () => {
  const given = { url: receiver.url(), enabled_events: ['opportunity.won'] };
  const created = await Promise.all(Array.from({ length: 51 }, () => admin.post('//api/webhook-endpoints', given)));
  const [refused, ...more] = created.filter(({ status }) => status !== 201);
  expect(more).toEqual([]);
  expect([refused?.status, refused?.body.error.code]).toEqual([400, 'endpoints_limit_reached']);
  expect(refused?.body.error.message).toContain('50');
});

it('stops when its attempts have ended, which a client that waits for events does not wait for', async () => {
  const database = await cloneDatabase();
  const stopping = await startService({}, { ...database, drop: () => Promise.resolve() });
  const itsAdmin = await stopping.clientWith({ scopes: ['admin'] });
  let end: (() => void) | undefined;
  receiver.answer = (_received, response) => (end = () => response.writeHead(204).end());
  await itsAdmin.post('//api/webhook-endpoints', { url: receiver.url(), enabled_events: ['opportunity.created'] });
  await createOpportunity(stopping.api);
  await receiver.until(() => receiver.all.length === 1);
  const waiting = stopping.api.get('//api/events?wait=25');
  await wait(200);
  const stopped = stopping.stop();
  const { status, body } = await waiting;
  expect([status, body.data]).toEqual([200, []]);
  end?.();
  await stopped;
  expect(await database.query('select status from webhook_delivery')).toEqual([{ status: 'delivered' }]);
  await database.drop();
});

it('breaks off an attempt that takes longer than a stop may, and sends again later', async () => {
  const database = await cloneDatabase();
  const environment = { SHUTDOWN_TIMEOUT_MS: '100' };
  const stopping = await startService(environment, { ...database, drop: () => Promise.resolve() });
  const itsAdmin = await stopping.clientWith({ scopes: ['admin'] });
  receiver.answer = () => undefined;
  await itsAdmin.post('//api/webhook-endpoints', { url: receiver.url(), enabled_events: ['opportunity.created'] });
  await createOpportunity(stopping.api);
  await receiver.until(() => receiver.all.length === 1);
  await stopping.stop();
  const rows = await database.query('select status, attempts::text from webhook_delivery');
  expect(rows).toEqual([{ status: 'retrying', attempts: expect.stringContaining('"error":"connect"') }]);
  await database.drop();
});

it('keeps the event from which an owed one is derived, however old it is', async () => {
  let isDown = true;
  receiver.answer = (_received, response) => response.writeHead(isDown ? 503 : 204).end();
  const { id } = await endpoint({ enabled_events: ['opportunity.won'] });
  const { id: deal } = await createOpportunity(service.api);
  await service.api.patch(`/opportunity/${deal}`, { status: 'Converted' });
  const [{ event_id }] = await deliveriesUntil(id, (all) => all.some(({ attempts }) => attempts.length > 0));
  for (const table of ['event', 'feed_entry'])
    await service.database.query(`update ${table} set created_at = created_at - interval '400 days'`);
  expect(await service.app.get(RetentionService).sweep()).toBeGreaterThan(0);
  isDown = false;
  const [{ id: owed }] = await deliveries(id);
  await admin.post(`//api/webhook-endpoints/${id}/deliveries/${owed}/resend`, {});
  await deliveriesUntil(id, (all) => all.every(isEnded));
  expect(receiver.all.at(-1)?.event).toMatchObject({ id: event_id, type: 'opportunity.won', object_id: deal });
  await service.app.get(RetentionService).sweep();
  const left = await service.database.query(`select id from event where created_at < now() - interval '300 days'`);
  expect(left).toEqual([]);
});

it('disables the endpoints of a restored database, so that a copy sends nothing', async () => {
  const { id } = await endpoint({ enabled_events: ['opportunity.created'] });
  await createOpportunity(service.api);
  await receiver.until(() => receiver.all.length === 1);
  const restored = await startService({}, await restoredCopy(service.database));
  const itsAdmin = await restored.clientWith({ scopes: ['admin'] });
  const { body } = await itsAdmin.get(`//api/webhook-endpoints/${id}`);
  expect(body).toMatchObject({ disabled: true, disabled_reason: 'restored', disabled_at: expect.any(String) });
  await createOpportunity(restored.api);
  await restored.api.get('//api/events');
  const { body: list } = await itsAdmin.get(`//api/webhook-endpoints/${id}/deliveries?status=skipped`);
  expect([list.total, receiver.all.length]).toEqual([1, 1]);
  await restored.stop();
});

it('removes deliveries 30 days after their end, and counts skipped ones no longer', async () => {
  const { id } = await endpoint({ enabled_events: ['opportunity.created'] });
  await createOpportunity(service.api);
  await deliveriesUntil(id, (all) => all.length === 1 && all.every(isEnded));
  await admin.patch(`//api/webhook-endpoints/${id}`, { disabled: true });
  await createOpportunity(service.api);
  await deliveriesUntil(id, (all) => all.length === 2);
  await pass(29 * 24);
  await service.app.get(RetentionService).sweep();
  expect(await deliveries(id)).toHaveLength(2);
  await pass(25);
  await service.app.get(RetentionService).sweep();
  expect(await deliveries(id)).toEqual([]);
  expect((await admin.get(`//api/webhook-endpoints/${id}`)).body.missed_events).toBe(0);
});

it('replays up to 10 000 events at once, the oldest first, and says that some are left', async () => {
  const { id } = await endpoint({ enabled_events: ['opportunity.reopened'], disabled: true });
  await service.database.query(`insert into feed_entry (workspace_id, position, id, type, subject_id, created_at)
    select f.workspace_id, f.last_position + n, 'evt_' || n, 'opportunity.reopened', 'opportunity_' || n, now()
    from event_feed f join webhook_endpoint e using (workspace_id), generate_series(1, 10001) n where e.id = '${id}'`);
  // The places are made up: nothing is to be sent.
  service.app.get(Dispatcher).onModuleDestroy();
  await admin.patch(`//api/webhook-endpoints/${id}`, { disabled: false });
  const since = new Date(Date.now() - 60_000).toISOString();
  const replay = async (): Promise<Json> => (await admin.post(`//api/webhook-endpoints/${id}/replay`, { since })).body;
  expect(await replay()).toEqual({ count: 10_000, has_more: true });
  expect(await replay()).toEqual({ count: 1, has_more: false });
  expect(await deliveries(id, '?event_id=evt_10001')).toHaveLength(1);
});

import pg from 'pg';
import { RetentionService } from '../src/retention/retention.service.js';
import type { Client } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';
import { lockWaiters, until } from './support/until.js';

let service: Service;
let admin: Client;
let beside: pg.Client;
let id: string;
beforeEach(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0' });
  admin = await service.clientWith({ scopes: ['admin'] });
  const body = { url: 'http://127.0.0.1:9', enabled_events: ['opportunity.created'], disabled: true };
  ({ id } = (await admin.post('//api/webhook-endpoints', body)).body);
  await createOpportunity(service.api);
  await service.api.get('//api/events');
  beside = new pg.Client({ connectionString: service.database.url });
  await beside.connect();
});
afterEach(async () => {
  await beside.end();
  await service.stop();
});

const FEED =
  'select from event_feed where workspace_id in (select workspace_id from webhook_endpoint) for no key update';
const NUMBERING = [FEED, 'select from webhook_endpoint for share'];
const REPLAY = ['select from webhook_endpoint for update', 'select from webhook_delivery for update'];

async function age(tables: readonly string[], name: string): Promise<void> {
  for (const table of tables)
    await service.database.query(`update ${table} set ${name} = ${name} - interval '400 days'`);
}

/** Sweeps in the middle of another transaction: once the sweep waits for it, that goes on. */
async function sweepDuring([first = '', second = '']: readonly string[]): Promise<void> {
  await beside.query('begin');
  await beside.query(first);
  const turn = { isOver: false };
  const swept = service.app
    .get(RetentionService)
    .sweep()
    .finally(() => (turn.isOver = true));
  await until(async () => turn.isOver || (await lockWaiters(service.database)) > 0);
  expect(turn.isOver).toBe(false);
  await beside.query(second);
  await beside.query('commit');
  await swept;
}

it.each([
  ['the numbering of events, by the age of events', NUMBERING, ['event', 'feed_entry'], 'created_at'],
  ['a replay, by the age of events', REPLAY, ['event', 'feed_entry'], 'created_at'],
  ['a replay, by the end of deliveries', REPLAY, ['webhook_delivery'], 'ended_at'],
])('sweeps without a deadlock beside %s', async (_other, locks, tables, name) => {
  await age(tables, name);
  await sweepDuring(locks);
  const { body } = await admin.get(`//api/webhook-endpoints/${id}/deliveries`);
  expect(body.data).toEqual([]);
  expect((await admin.get(`//api/webhook-endpoints/${id}`)).body.missed_events).toBe(0);
});

it('keeps an old event that a replay makes due meanwhile', async () => {
  await age(['event', 'feed_entry'], 'created_at');
  const due = `update webhook_delivery set status = 'pending', next_attempt_at = now(), ended_at = null`;
  await sweepDuring(['select from webhook_endpoint for update', due]);
  const kept = await service.database.query(
    'select from feed_entry f join webhook_delivery d on d.event_id = f.id join event e on e.id = f.id',
  );
  expect(kept).toHaveLength(1);
});

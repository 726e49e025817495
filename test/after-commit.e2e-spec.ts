import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import {
  AfterCommit,
  OnChange,
  ServiceModule,
  type Call,
  type Change,
  type CommittedEvent,
} from 'crm-opportunity-service/kit';
import { Opportunities, Opportunity } from 'crm-opportunity-service/opportunity';
import { setTimeout as wait } from 'node:timers/promises';
import { registerModules } from '../src/modules/registry.js';
import { minimal } from './support/fixtures.js';
import type { Client, Json } from './support/client.js';
import { Samples } from './support/samples.js';
import type { Service } from './support/service.js';
import { until } from './support/until.js';

/* Modules that hear of events after their commit, and work on opportunities. Two services share the database. */

/** What both services heard, in the order in which it came. */
const heard: CommittedEvent[] = [];
const won: string[] = [];
const changes: Pick<Change<Opportunity>, 'type' | 'before' | 'after'>[] = [];
let failures = 0;
let isInTransaction: boolean | undefined;

@Injectable()
class Listener {
  constructor(private readonly opportunities: Opportunities) {}

  @AfterCommit(['opportunity.*', 'opportunity_item.*'], { name: 'all' })
  hear({ manager }: Call, event: CommittedEvent): Promise<void> {
    isInTransaction = manager.queryRunner?.isTransactionActive === true;
    heard.push(event);
    return Promise.resolve();
  }

  @AfterCommit('opportunity.won', { name: 'won' })
  async celebrate(call: Call, { opportunity_id: id }: CommittedEvent): Promise<void> {
    won.push(id ?? '');
    if (failures > 0) {
      failures -= 1;
      throw new Error('not now');
    }
    if (await this.opportunities.find(call, id ?? ''))
      await this.opportunities.update(call, id ?? '', { order_lost_reason: 'None: it is won.' });
  }

  @OnChange(Opportunity)
  note(_call: Call, { type, before, after }: Change<Opportunity>): Promise<void> {
    changes.push({ type, before, after });
    return Promise.resolve();
  }
}

@ServiceModule({ name: 'echo-events', compatible: '^0.1', providers: [Listener] })
class EchoEvents {}

const METRICS = { METRICS_TOKEN: 'a-token-of-the-tests' };
let service: Service;
let second: Service;
let api: Client;
let rest: (consumer?: string) => Promise<void>;
beforeAll(async () => {
  registerModules([EchoEvents]);
  const { startService } = await import('./support/service.js');
  service = await startService(METRICS);
  const { database } = service;
  second = await startService({}, { ...database, drop: () => Promise.resolve() });
  ({ api } = service);
  rest = (consumer) => atRest(service, consumer);
});
afterAll(async () => {
  await second.stop();
  await service.stop();
});

/** Until every consumer has come to the end of each feed, and all events are in there. */
async function atRest({ database, api: client }: Service, consumer = '%'): Promise<void> {
  for (const until = performance.now() + 30_000; performance.now() < until;) {
    await client.get('//api/events');
    const behind = await database.query(`select 1 from event_feed f
      left join consumer_position p on p.workspace_id = f.workspace_id and p.consumer like '${consumer}'
      where f.last_position > 0 and (p.position is null or p.position < f.last_position)`);
    if (behind.length === 0) return;
    await wait(50);
  }
  throw new Error(`Consumers are behind: ${JSON.stringify(await database.query('select * from consumer_position'))}`);
}

const create = async (body: object = {}, client = api): Promise<Json> =>
  (await client.post('/opportunity', { ...minimal, ...body })).body;
const convert = (id: string): Promise<Json> => api.post(`/opportunity/${id}/convert`, undefined);
const heardOf = (id: string) => heard.filter(({ opportunity_id }) => opportunity_id === id);
const positions = (): Promise<{ consumer: string; position: number; failures: number }[]> =>
  service.database.query(`select consumer, position, failures from consumer_position p
    join workspace w on w.id = p.workspace_id where w.name = 'default' order by consumer`);

describe('a method with @AfterCommit', () => {
  it('hears every event of its types once, those of a deal in order, whichever service wrote them', async () => {
    const write = async (clients: Client[]): Promise<void> => {
      const { id } = await create({ items: [{ qty: 1, rate: 2 }] });
      for (const [index, client] of clients.entries()) await client.patch(`/opportunity/${id}`, { probability: index });
      await api.delete(`/opportunity/${id}`);
    };
    const both = [api, second.clientAs(api.key)];
    await Promise.all([1, 2, 3, 4].map(() => write([...both, ...both])));
    await rest();
    const { body } = await api.get('//api/events?after=beginning&limit=100');
    expect(heard.toSorted(byId)).toEqual((body.data as CommittedEvent[]).toSorted(byId));
    for (const id of new Set(heard.map(({ opportunity_id }) => opportunity_id))) {
      const versions = heardOf(id ?? '').map(({ version }) => version);
      expect(versions).toEqual(versions.toSorted((one, other) => (one ?? 0) - (other ?? 0)));
    }
    expect(isInTransaction).toBe(false);
  });

  it('hears of other workspaces, too, from the first event of a new one on', async () => {
    const newcomer = await service.clientWith({ workspace: 'newcomer' });
    const { id } = await create({}, newcomer);
    await atRest({ ...service, api: newcomer });
    expect(heardOf(id)).toMatchObject([{ type: 'opportunity.created', workspace: 'newcomer' }]);
  });

  it('is called again after it failed, and stops no other consumer meanwhile', async () => {
    failures = 1;
    const { id } = await create();
    await convert(id);
    await rest('echo-events/all');
    await until(async () => (await positions())[1]?.failures !== 0);
    const [all, one] = await positions();
    expect([all?.failures, one?.failures, won.filter((each) => each === id)]).toEqual([0, 1, [id]]);
    expect(Number(one?.position)).toBeLessThan(Number(all?.position));
    await rest();
    expect(won.filter((each) => each === id)).toEqual([id, id]);
    expect((await positions()).map((each) => each.failures)).toEqual([0, 0]);
  });

  it('changes deals in the name of the request that led to its event', async () => {
    const { id } = await create();
    await convert(id);
    await rest();
    const { body } = await api.get(`/opportunity/${id}/history`);
    const [its, cause] = body.data;
    expect(its.after).toEqual({ order_lost_reason: 'None: it is won.' });
    expect([its.key_id, its.request_id]).toEqual([cause.key_id, cause.request_id]);
  });

  it('goes on where a process died, once its lease has run out', async () => {
    await rest();
    await service.database.query(
      `update consumer_position set lease = 'dead', leased_until = now() + interval '1500 milliseconds'`,
    );
    const { id } = await create();
    await rest();
    expect(heardOf(id)).toMatchObject([{ type: 'opportunity.created' }]);
  });

  it('has its lag and its calls among the metrics', async () => {
    await rest();
    const headers = { authorization: `Bearer ${METRICS.METRICS_TOKEN}` };
    const samples = new Samples(await (await fetch(`${service.origin}/metrics`, { headers })).text());
    expect(samples.get('crm_consumer_lag_seconds', { consumer: 'echo-events/all' })).toBe(0);
    expect(samples.get('crm_consumer_calls_failed_total', {})).toBe(1);
    expect(samples.get('crm_consumer_calls_succeeded_total', {})).toBeGreaterThan(20);
  });

  it('keeps events that it has not heard from being swept', async () => {
    await rest();
    const { OldFeed } = await import('../src/retention/old-feed.js');
    const { DataSource } = await import('typeorm');
    const [workspace] = await service.database.query<{ id: string }>("select id from workspace where name = 'default'");
    const count = async (names: string[]): Promise<number> =>
      new OldFeed(-1, () => names).deleteBatch(service.app.get(DataSource).manager, workspace?.id ?? '');
    await service.database.query(
      `update consumer_position set position = 3, leased_until = 'infinity' where consumer = 'echo-events/all'`,
    );
    expect(await count(['echo-events/all', 'echo-events/won'])).toBe(3);
    expect(await count(['echo-events/won'])).toBeGreaterThan(10);
  });

  it('begins with what is committed from now on, and is forgotten with its module', async () => {
    const { beginConsumers } = await import('../src/consumers/positions.js');
    const { removeModule } = await import('../src/database/remove-module.js');
    const { loadConfig } = await import('../src/config/config.js');
    const { DataSource } = await import('typeorm');
    await beginConsumers(service.app.get(DataSource).manager, ['echo-events/all', 'acme-new/late']);
    const late = await service.database
      .query(`select from consumer_position p left join event_feed f using (workspace_id)
      where p.consumer = 'acme-new/late' and p.position = coalesce(f.last_position, 0)`);
    expect(late).toHaveLength(3);
    await removeModule(loadConfig({}), service.database.url, 'acme-new');
    expect((await positions()).map(({ consumer }) => consumer)).toEqual(['echo-events/all', 'echo-events/won']);
  });
});

it('a hook on changes hears of an erasure, and nothing of what was erased', async () => {
  const admin = await service.clientWith({ scopes: ['admin'] });
  const { id } = await create();
  changes.length = 0;
  expect((await admin.post(`/opportunity/${id}/erase`, undefined)).status).toBe(200);
  expect(changes).toEqual([{ type: 'erased', before: null, after: null }]);
});

describe('opportunities for modules', () => {
  let call: Call;
  let opportunities: Opportunities;
  beforeAll(async () => {
    const { DataSource } = await import('typeorm');
    const [workspace] = await service.database.query<{ id: string }>("select id from workspace where name = 'default'");
    call = {
      workspaceId: workspace?.id ?? '',
      keyId: 'api-key_of_a_test',
      requestId: 'req_test',
      manager: service.app.get(DataSource).manager,
    };
    opportunities = service.app.get(Opportunities);
  });

  const deal = { ...minimal, opportunity_from: 'Lead' as const, items: [{ qty: 2, rate: 3 }] };

  it('are created, changed, moved, listed and deleted within the transaction of the caller, or not at all', async () => {
    const work = async (outer: Call): Promise<string> => {
      const { id, total } = await opportunities.create(outer, deal);
      expect(total).toBe(6);
      expect(await opportunities.update(outer, id, { title: 'Within' })).toMatchObject({ title: 'Within' });
      const lost = await opportunities.lose(outer, id, { lost_reasons: [{ lost_reason: 'Price' }] });
      const reopened = await opportunities.reopen(outer, id);
      const closed = await opportunities.close(outer, id);
      expect([lost, reopened, closed].map(({ status }) => status)).toEqual(['Lost', 'Open', 'Closed']);
      const page = await opportunities.list(outer, { title: 'Within', status: 'Closed' });
      expect(page).toMatchObject({ data: [{ id }], total: 1 });
      return id;
    };
    const inTransaction = (then: (call: Call, id: string) => Promise<void>): Promise<string> =>
      call.manager.transaction(async (manager) => {
        const inner = { ...call, manager };
        const id = await work(inner);
        await then(inner, id);
        return id;
      });
    let undone = '';
    const failing = inTransaction((_call, id) => {
      undone = id;
      return Promise.reject(new Error('undo'));
    });
    await expect(failing).rejects.toThrow('undo');
    expect(await opportunities.find(call, undone)).toBeUndefined();
    const deleted = await inTransaction((inner, id) => opportunities.delete(inner, id));
    await expect(opportunities.get(call, deleted)).rejects.toMatchObject({ status: 404 });
    const kept = await inTransaction(() => Promise.resolve());
    const { body: history } = await api.get(`/opportunity/${kept}/history`);
    expect(new Set(history.data.map((event: Json) => event.request_id))).toEqual(new Set(['req_test']));
  });

  it('are checked as a body is, and have the guarded ways of the API', async () => {
    await expect(opportunities.create(call, { ...deal, probability: 101 })).rejects.toMatchObject({ status: 400 });
    await expect(opportunities.create(call, { ...deal, total: 1 })).rejects.toMatchObject({ status: 400 });
    await expect(opportunities.list(call, { nothing: '1' })).rejects.toMatchObject({ status: 400 });
    const { id } = await opportunities.create(call, deal);
    expect(await opportunities.convert(call, id)).toMatchObject({ status: 'Converted' });
    await expect(opportunities.convert(call, id)).rejects.toMatchObject({ status: 409 });
    await expect(opportunities.move(call, id, { stage: 'Nowhere' })).rejects.toMatchObject({ status: 400 });
  });
});

function byId(one: CommittedEvent, other: CommittedEvent): number {
  return one.id < other.id ? -1 : 1;
}

import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Client, Json } from './support/client.js';
import { cloneDatabase } from './support/database.js';
import { minimal } from './support/fixtures.js';
import { SCHEMA_CONTENTS } from './support/schema-contents.js';
import { loadConfig } from '../src/config/config.js';
import { registerModules } from '../src/modules/registry.js';
import { AcmeTickets } from './fixtures/acme-tickets/src/index.js';
import type { Service } from './support/service.js';
import { lockWaiters, until } from './support/until.js';

/* A module from outside as its users see it: the one among the fixtures, which only uses what the package exports. */

let service: Service;
let api: Client;
beforeAll(async () => {
  registerModules([AcmeTickets]);
  const { startService } = await import('./support/service.js');
  service = await startService();
  ({ api } = service);
});
afterAll(() => service.stop());

const create = async (body: object = {}): Promise<Json> =>
  (await api.post('/opportunity', { ...minimal, ...body })).body;
const ticketsOf = async (id: string): Promise<Json[]> =>
  (await api.get(`/acme-ticket?opportunity_id=${id}&sort=created_at`)).body.data;
const subjects = (tickets: Json[]): string[] => tickets.map(({ subject }) => subject);

describe('attributes that a module adds to deals', () => {
  it('are stored, shown only where fields names them, and filter and sort lists', async () => {
    const deal = await create({ acme_region: 'North', acme_seats: 7 });
    expect(Object.keys(deal).filter((name) => name.startsWith('acme'))).toEqual([]);
    const shown = await api.get(`/opportunity/${deal.id}?fields=acme_region,acme_seats`);
    expect(shown.body).toEqual({ acme_region: 'North', acme_seats: 7 });
    const listed = await api.get('/opportunity?acme_seats[gte]=7&acme_region=North&sort=-acme_seats&fields=id');
    expect(listed.body.data).toEqual([{ id: deal.id }]);
    await api.patch(`/opportunity/${deal.id}`, { acme_seats: 8 });
    const { body: history } = await api.get(`/opportunity/${deal.id}/history`);
    expect(history.data[0]).toMatchObject({ before: { acme_seats: 7 }, after: { acme_seats: 8 } });
  });

  it('are validated like those of the service, in batches too', async () => {
    const { body } = await api.post('/opportunity', { ...minimal, acme_seats: -1 });
    expect(body.error.param).toBe('acme_seats');
    const batch = await api.post('/opportunity/batch', {
      operations: [{ method: 'create', body: { ...minimal, acme_seats: 'x' } }],
    });
    expect(batch.body.error.param).toBe('operations[0].body.acme_seats');
  });
});

describe('a hook on changes', () => {
  const won = { status: 'Converted' };
  const ways: [string, (id: string) => Promise<unknown>][] = [
    ['an action', (id) => api.post(`/opportunity/${id}/convert`, undefined)],
    ['a PATCH', (id) => api.patch(`/opportunity/${id}`, won)],
    ['a batch', (id) => api.post('/opportunity/batch', { operations: [{ method: 'update', id, body: won }] })],
    [
      'a batch that is not atomic',
      (id) => api.post('/opportunity/batch', { atomic: false, operations: [{ method: 'update', id, body: won }] }),
    ],
    [
      'an import',
      async (id) => {
        const { checkedImport, NDJSON_TYPE, ran } = await import('./support/imports.js');
        const options = { format: 'ndjson', mode: 'update', match_by: 'id' };
        const { id: checked } = await checkedImport(api, options, JSON.stringify({ id, ...won }), NDJSON_TYPE);
        return ran(api, checked);
      },
    ],
  ];

  it.each(ways)('runs when the change comes by %s, once', async (_way, change) => {
    const { id } = await create({ acme_region: 'North' });
    await change(id);
    expect(subjects(await ticketsOf(id))).toEqual(['Hand over']);
    await change(id);
    await api.patch(`/opportunity/${id}`, { title: 'Another' });
    expect(subjects(await ticketsOf(id))).toEqual(['Hand over']);
  });

  it('runs for new deals, single, with children and in a batch', async () => {
    const body = { ...minimal, ...won, acme_region: 'North' };
    const single = await create(body);
    const whole = await create({ ...body, items: [{ qty: 2, rate: 3 }] });
    const { body: outcome } = await api.post('/opportunity/batch', { operations: [{ method: 'create', body }] });
    for (const { id } of [single, whole, outcome.data[0].object])
      expect(subjects(await ticketsOf(id))).toEqual(['Hand over']);
  });

  it.each(ways)('undoes the change by %s when it throws', async (_way, change) => {
    const deal = await create({ acme_region: 'Closed' });
    await change(deal.id);
    const after = await api.get(`/opportunity/${deal.id}`);
    expect(after.body).toEqual(deal);
    expect((await api.get(`/opportunity/${deal.id}/history`)).body.total).toBe(1);
  });

  const removals: [string, (id: string) => Promise<unknown>][] = [
    ['a DELETE', (id) => api.delete(`/opportunity/${id}`)],
    ['a batch', (id) => api.post('/opportunity/batch', { operations: [{ method: 'delete', id }] })],
  ];

  it.each(removals)('hears of a deletion by %s, which it can undo with all that would go', async (_way, remove) => {
    const items = [{ qty: 2, rate: 3 }];
    const [kept, gone] = [
      await create({ acme_region: 'Closed', items }),
      await create({ acme_region: 'North', items }),
    ];
    const { body: ticket } = await api.post('/acme-ticket', { opportunity_id: kept.id, subject: 'Measure' });
    expect(await remove(kept.id)).toMatchObject({ status: 409, body: { error: { code: 'acme_region_closed' } } });
    const whole = await api.get(`/opportunity/${kept.id}?expand=items,acme_tickets`);
    expect([whole.body.items, whole.body.acme_tickets]).toMatchObject([items, [{ id: ticket.id }]]);
    const { body: history } = await api.get(`/opportunity/${kept.id}/history`);
    expect(history.data.map(({ type }: Json) => type)).not.toContain('opportunity.deleted');
    expect(await remove(gone.id)).toMatchObject({ status: 200 });
    expect((await api.get(`/opportunity/${gone.id}`)).status).toBe(404);
  });

  it('changes the deal of a new object, whoever else does the same', async () => {
    const { id } = await create();
    const ticket = { opportunity_id: id, subject: 'Add a seat' };
    const written = await Promise.all(Array.from({ length: 8 }, () => api.post('/acme-ticket', ticket)));
    expect(written.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect((await api.get(`/opportunity/${id}?fields=acme_seats`)).body).toEqual({ acme_seats: 8 });
  });

  it('answers what was thrown', async () => {
    const { id } = await create({ acme_region: 'Closed' });
    const { status, body } = await api.patch(`/opportunity/${id}`, won);
    expect([status, body.error.param, body.error.code]).toEqual([400, 'status', 'parameter_invalid']);
  });
});

it('a consumer of events works after the commit, with what the package exports', async () => {
  const { id } = await create();
  await api.post(`/opportunity/${id}/lose`, { lost_reasons: [{ lost_reason: 'Price' }] });
  for (let tickets: Json[] = []; tickets.length === 0; tickets = await ticketsOf(id)) await wait(50);
  expect(subjects(await ticketsOf(id))).toEqual(['Ask why it was lost']);
});

describe('objects that refer to a deal', () => {
  it('are refused without one, with 404 on their parameter', async () => {
    const { status, body } = await api.post('/acme-ticket', { opportunity_id: 'opportunity_x', subject: 'Measure' });
    expect([status, body.error.code, body.error.param]).toEqual([404, 'resource_missing', 'opportunity_id']);
  });

  it('are embedded in it, and stand in its history and in the event of its deletion', async () => {
    const { id } = await create();
    const { body: ticket } = await api.post('/acme-ticket', { opportunity_id: id, subject: 'Measure' });
    const one = await api.get(`/opportunity/${id}?expand=acme_tickets,items`);
    const { body: events } = await api.get(`/opportunity/${id}/history`);
    // The deal is as it was, and so is its version.
    expect(events.data[0]).toMatchObject({ type: 'acme_ticket.created', version: 1 });
    expect(one.headers.get('etag')).toBe('"1"');
    expect([one.body.acme_tickets, one.body.items]).toEqual([[ticket], []]);
    const all = await api.get('/opportunity?expand=acme_tickets&fields=id&limit=2');
    expect(all.body.data[0]).toEqual({ id, acme_tickets: [ticket] });
    await api.delete(`/opportunity/${id}`);
    expect((await api.get(`/acme-ticket/${ticket.id}`)).status).toBe(404);
    const { body: history } = await api.get(`/opportunity/${id}/history`);
    expect(history.data.map(({ type }: Json) => type)).toEqual([
      'opportunity.deleted',
      'acme_ticket.created',
      'opportunity.created',
    ]);
    expect(history.data[0].before.acme_tickets).toMatchObject([{ id: ticket.id, subject: 'Measure' }]);
    expect((await api.get('/acme-ticket')).body.data.map((each: Json) => each.id)).not.toContain(ticket.id);
  });

  it('stand in its history with the version that it has by then, also after a change that was ahead of them', async () => {
    const { id } = await create();
    const [changed, removed] = [await ticketOf(id), await ticketOf(id)];
    const writer = new pg.Client({ connectionString: service.database.url });
    await writer.connect();
    await writer.query('begin');
    await writer.query('update opportunity set version = 7 where id = $1', [id]);
    const writes = Promise.all([
      ticketOf(id),
      api.patch(`/acme-ticket/${changed.id}`, { subject: 'Measure twice' }),
      api.delete(`/acme-ticket/${removed.id}`),
    ]);
    await until(async () => (await lockWaiters(service.database)) >= 3);
    await writer.query('commit');
    await writer.end();
    await writes;
    const { body: history } = await api.get(`/opportunity/${id}/history?limit=3`);
    expect(history.data.map(({ type, version }: Json) => `${type} ${version}`).sort()).toEqual([
      'acme_ticket.created 7',
      'acme_ticket.deleted 7',
      'acme_ticket.updated 7',
    ]);
  });

  it('are locked after the deal, so that who changes the deal first can change them next', async () => {
    const { id } = await create();
    const ticket = await ticketOf(id);
    const writer = new pg.Client({ connectionString: service.database.url });
    await writer.connect();
    await writer.query('begin');
    await writer.query('update opportunity set version = version + 1 where id = $1', [id]);
    const closing = api.post(`/acme-ticket/${ticket.id}/close`, { closed_on: '2024-02-01' });
    await until(async () => (await lockWaiters(service.database)) >= 1);
    await writer.query('select from acme_ticket where id = $1 for update nowait', [ticket.id]);
    await writer.query(`update acme_ticket set subject = 'Measure twice' where id = $1`, [ticket.id]);
    await writer.query('commit');
    await writer.end();
    expect((await closing).body).toMatchObject({ subject: 'Measure twice', closed_on: '2024-02-01' });
  });

  it('stand in the history of the deal that they leave with its own version', async () => {
    const [left, joined] = [await create(), await create()];
    const ticket = await ticketOf(left.id);
    await api.patch(`/opportunity/${left.id}`, { title: 'Changed' });
    await api.patch(`/acme-ticket/${ticket.id}`, { opportunity_id: joined.id });
    const { body: history } = await api.get(`/opportunity/${left.id}/history?limit=1`);
    expect(history.data).toMatchObject([{ type: 'acme_ticket.updated', object_id: ticket.id, version: 2 }]);
  });

  const ticketOf = async (id: string): Promise<Json> =>
    (await api.post('/acme-ticket', { opportunity_id: id, subject: 'Measure' })).body;
});

it('has its error codes and its tags in the document, and hides what it hides', async () => {
  const { id } = await create();
  const { body: ticket } = await api.post('/acme-ticket', { opportunity_id: id, subject: 'Measure' });
  const close = () => api.post(`/acme-ticket/${ticket.id}/close`, { closed_on: '2024-02-01' });
  expect((await close()).status).toBe(200);
  expect((await close()).body.error.code).toBe('acme_ticket_closed');
  const { tags = [], paths, components } = service.document;
  expect(tags.map(({ name }) => name)).toContain('Acme Ticket');
  expect((components?.schemas as Json).ErrorDetail.properties.code.enum).toContain('acme_ticket_closed');
  expect(paths['/api/crm/opportunity/{id}/erase']).toBeUndefined();
  const admin = await service.clientWith({ scopes: ['admin'] });
  expect((await admin.request('POST', `/opportunity/${id}/erase`)).body.error.code).toBe('route_missing');
});

it('keeps the promises of every operation', async () => {
  const { conformance } = await import('crm-opportunity-service/testing');
  await conformance({ ...service, query: (text, values) => service.database.query(text, values) });
});

describe('what a module makes in a database', () => {
  const config = loadConfig({});

  it('is gone after its removal, as if it had never been', async () => {
    const database = await cloneDatabase();
    const { prepareSchema } = await import('../src/database/migrate.js');
    const { removeModule } = await import('../src/database/remove-module.js');
    const before = await database.query(SCHEMA_CONTENTS);
    await prepareSchema(config, database.url);
    expect(await database.query(SCHEMA_CONTENTS)).not.toEqual(before);
    expect(await removeModule(config, database.url, 'acme-tickets')).toBe(1);
    expect(await database.query(SCHEMA_CONTENTS)).toEqual(before);
    expect(await removeModule(config, database.url, 'acme-tickets')).toBe(0);
    await database.drop();
  });

  it('stops a start without the module', async () => {
    const database = await cloneDatabase();
    const { prepareSchema } = await import('../src/database/migrate.js');
    await prepareSchema(config, database.url);
    await database.query("update typeorm_metadata set value = 'acme-gone' where type = 'MODULE'");
    await expect(prepareSchema(config, database.url)).rejects.toThrow(
      "The database has tables or attributes of the module 'acme-gone', which is not loaded. Add it to MODULES, or remove it " +
        'with its data: npm run --silent modules -- remove acme-gone',
    );
    await database.drop();
  });

  it('is what the generator writes for it, and then nothing', async () => {
    const database = await cloneDatabase();
    const { prepareSchema } = await import('../src/database/migrate.js');
    const { generateMigration, nextMoment } = await import('../src/database/generate-migration.js');
    const { migrations } = await import('../src/schema.js');
    for (const { name } of migrations) expect(Number(name.slice(-13))).toBeLessThan(nextMoment());
    await prepareSchema(config, database.url);
    expect(await generateMigration(config, database.url, 'acme-tickets', 'Next')).toBeUndefined();
    await database.query('alter table opportunity drop column acme_region');
    await database.query('drop index acme_ticket_newest');
    const text = await generateMigration(config, database.url, 'acme-tickets', 'Next1796000000001');
    expect(text).toBe(`import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Next1796000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(\`ALTER TABLE "opportunity" ADD "acme_region" character varying(140)\`);
    await runner.query(\`CREATE INDEX "acme_ticket_newest" ON "acme_ticket"  ("workspace_id", "created_at", "id")\`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(\`DROP INDEX "public"."acme_ticket_newest"\`);
    await runner.query(\`ALTER TABLE "opportunity" DROP COLUMN "acme_region"\`);
  }
}
`);
    await database.drop();
  });
});

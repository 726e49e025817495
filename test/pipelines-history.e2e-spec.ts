import { DataSource } from 'typeorm';
import { loadConfig } from '../src/config/config.js';
import { migrationOptions } from '../src/database/data-source.js';
import { cloneDatabase } from './support/database.js';
import { createOpportunity } from './support/fixtures.js';
import type { Json } from './support/client.js';
import { createDeal, createPipeline, inWords, SHOWN } from './support/pipelines.js';
import { startService, type Service } from './support/service.js';

/* What deals of before there were pipelines have been through, by the log. */

/** The first of the migrations that pipelines came with. */
const FIRST = 'Pipelines1795800000000';

let service: Service;
/** What each deal was like when it was written by the service as it is now. */
const written: Record<string, { deal: Json; periods: Json }> = {};

beforeAll(async () => {
  const database = await cloneDatabase();
  const before = await startService({}, { ...database, drop: () => Promise.resolve() });
  await write(before);
  await before.stop();
  const source = await new DataSource(migrationOptions(loadConfig({}), database.url)).initialize();
  const isDone = async (): Promise<boolean> =>
    (await database.query('select from migrations where name = $1', [FIRST])).length > 0;
  while (await isDone()) await source.undoLastMigration();
  await database.query(`delete from event where subject_id = (select id from opportunity where title = 'forgotten')`);
  await source.runMigrations();
  await source.destroy();
  service = await startService({}, database);
});
afterAll(() => service.stop());

/** Deals with the changes that the log has of them. */
async function write({ api }: Service): Promise<void> {
  const changes: Record<string, object[]> = {
    untouched: [],
    moved: [{ sales_stage: 'Demo', opportunity_amount: 5 }, { probability: 40 }, { sales_stage: 'Offer' }],
    won: [{ sales_stage: 'Demo' }, { status: 'Converted' }, { title: 'won' }],
    reopened: [{ status: 'Lost' }, { status: 'Open', conversion_rate: 2 }],
    'back at 100': [{ probability: 40 }, { probability: 100 }],
    forgotten: [{ sales_stage: 'Demo' }, { status: 'Lost' }],
  };
  for (const [title, bodies] of Object.entries(changes)) {
    const { id } = await createOpportunity(api, { title, opportunity_amount: 3, expected_closing: '2027-01-31' });
    for (const body of bodies) await api.patch(`/opportunity/${id}`, body);
    written[title] = await read(api, id);
  }
  const { id } = await createDeal(api, { title: 'ended from the start', status: 'Closed' });
  written['ended from the start'] = await read(api, id);
}

async function read(api: Service['api'], id: string): Promise<{ deal: Json; periods: Json }> {
  const deal = (await api.get(`/opportunity/${id}?fields=updated_at,${SHOWN}`)).body;
  return { deal, periods: (await api.get(`/opportunity/${id}/stages`)).body.data };
}

/** The clock of the log is not that of the rows. */
const roughly = (value: Json): Json =>
  JSON.parse(JSON.stringify(value), (name, entry: unknown) =>
    name === 'seconds' ? undefined : /(entered|left|won|lost|closed)_at$/.test(name) && entry ? 'some time' : entry,
  );

it.each(['untouched', 'moved', 'won', 'reopened', 'ended from the start'])(
  'a deal that was %s has the periods that it went through',
  async (title) => {
    const { deal, periods } = written[title] ?? {};
    const now = await read(service.api, deal.id);
    expect(roughly(now.periods)).toEqual(roughly(periods));
    expect(roughly(now.deal)).toEqual(roughly(deal));
    for (const name of ['stage_entered_at', 'won_at', 'closed_at'])
      expect(Math.abs(Date.parse(now.deal[name] ?? 0) - Date.parse(deal[name] ?? 0))).toBeLessThan(2000);
  },
);

it('a probability follows the stage only if it is 100 and never was another', async () => {
  const source = async (title: string): Promise<string> =>
    (await read(service.api, written[title]?.deal.id)).deal.probability_source;
  expect([await source('untouched'), await source('moved'), await source('back at 100')]).toEqual([
    'stage',
    'manual',
    'manual',
  ]);
});

it('a deal that the log has forgotten ended at its last change, as an estimate', async () => {
  const { id } = written['forgotten']?.deal ?? {};
  const { deal, periods } = await read(service.api, id);
  expect(deal.lost_at).toBe(deal.updated_at);
  expect(periods).toMatchObject([{ sales_stage: 'Demo', entered_at: deal.created_at, left_at: deal.lost_at }]);
  const estimated = await service.database.query('select id from opportunity where ended_is_estimated');
  expect(estimated).toEqual([{ id }]);
  await service.api.post(`/opportunity/${id}/reopen`, undefined);
  expect(await service.database.query('select id from opportunity where ended_is_estimated')).toEqual([]);
});

it('the first pipeline links them by key, with the probabilities they have', async () => {
  const { id, stages } = await createPipeline(service.api, { stages: [{ key: 'offer', probability: 70 }] });
  const { deal } = await read(service.api, written['moved']?.deal.id);
  expect(deal).toMatchObject({ pipeline_id: id, stage_id: stages['offer'], probability: 40 });
  expect(inWords(deal)).toBe('Offer Open 40 manual');
});

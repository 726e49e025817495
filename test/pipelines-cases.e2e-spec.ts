import { createOpportunity } from './support/fixtures.js';
import type { Json } from './support/client.js';
import {
  clearPipelines,
  createDeal,
  createPipeline,
  inWords,
  SHOWN,
  STAGES,
  type MadePipeline,
} from './support/pipelines.js';
import { startService, type Service } from './support/service.js';

/* How deals go through stages, and what becomes of their probability. */

let service: Service;
let made: MadePipeline;
beforeAll(async () => {
  service = await startService();
  made = await createPipeline(service.api);
});
afterAll(() => service.stop());

const change = async (id: string, body: object): Promise<Json> =>
  (await service.api.patch(`/opportunity/${id}?fields=${SHOWN}`, body)).body;
const act = async (id: string, action: string, body: object = {}): Promise<Json> =>
  (await service.api.post(`/opportunity/${id}/${action}?fields=${SHOWN}`, body)).body;
const periodsOf = async (id: string): Promise<Json> => (await service.api.get(`/opportunity/${id}/stages`)).body;
const events = async (id: string): Promise<number> => (await service.api.get(`/opportunity/${id}/history`)).body.total;
const REASONS = { lost_reasons: [{ lost_reason: 'Price' }] };

/** Puts all that a deal has been through into the past. */
async function daysPass(id: string, days: number): Promise<void> {
  const earlier = (column: string): string => `${column} = ${column} - interval '${days} days'`;
  const { query } = service.database;
  await query(
    `update opportunity set ${['created_at', 'updated_at', 'stage_entered_at'].map(earlier).join(', ')} where id = $1`,
    [id],
  );
  await query(
    `update opportunity_state set ${['left_at', 'stage_entered_at'].map(earlier).join(', ')} where opportunity_id = $1`,
    [id],
  );
}

it('a deal that goes to B, back to A and is won has periods that add up to its life', async () => {
  const { id, stage_entered_at, created_at } = await createDeal(service.api, { sales_stage: 'A' });
  expect(stage_entered_at).toBe(created_at);
  await daysPass(id, 2);
  await change(id, { sales_stage: 'B' });
  await daysPass(id, 3);
  await act(id, 'move', { stage: 'a' });
  await daysPass(id, 1);
  const won = await act(id, 'convert');
  expect(inWords(won)).toBe('Won Converted 100 stage');
  const { data, totals } = await periodsOf(id);
  expect(data.map(({ sales_stage }: Json) => sales_stage)).toEqual(['A', 'B', 'A']);
  const [a, b] = totals;
  expect([a.visits, Math.round(a.seconds / 60), b.visits, Math.round(b.seconds / 60)]).toEqual([2, 4320, 1, 4320]);
  const life = Date.parse(won.won_at) - Date.parse((await service.api.get(`/opportunity/${id}`)).body.created_at);
  expect(Math.round((Number(a.seconds) + Number(b.seconds)) * 1000)).toBe(life);
  expect(data.at(-1).left_at).toBe(won.won_at);
});

it('the stage that a deal has, in whatever letter case, changes nothing', async () => {
  const deal = await createDeal(service.api, { sales_stage: 'A' });
  const before = await events(deal.id);
  expect(await change(deal.id, { sales_stage: 'a' })).toEqual(deal);
  expect(await act(deal.id, 'move', { stage: 'A' })).toEqual(deal);
  expect(await act(deal.id, 'move', { stage: made.stages['A'] })).toEqual(deal);
  expect(await events(deal.id)).toBe(before);
  expect((await periodsOf(deal.id)).data).toHaveLength(1);
});

it.each<[object, string]>([
  [{}, 'A Open 10 stage'],
  [{ sales_stage: 'b' }, 'B Open 50 stage'],
  [{ probability: 100 }, 'A Open 100 manual'],
  [{ probability_source: 'manual' }, 'A Open 10 manual'],
  [{ sales_stage: 'Elsewhere' }, 'Elsewhere Open 100 stage'],
  [{ sales_stage: 'Won' }, 'Won Open 100 stage'],
  [{ status: 'Lost' }, 'A Lost 0 stage'],
])('a deal created with %j is %s', async (body, expected) => {
  expect(inWords(await createDeal(service.api, body))).toBe(expected);
  const [{ object }] = (
    await service.api.post('/opportunity/batch', {
      operations: [{ method: 'create', body: { ...(await minimalBody()), ...body } }],
    })
  ).body.data;
  expect(inWords(await change(object.id, {}))).toBe(expected);
});

async function minimalBody(): Promise<object> {
  const { opportunity_from, party_name, company, transaction_date } = await createOpportunity(service.api);
  return { opportunity_from, party_name, company, transaction_date };
}

it('a new stage moves the number of a deal that follows it, and not one that was set by hand', async () => {
  const follows = await createDeal(service.api);
  expect(inWords(await change(follows.id, { sales_stage: 'B' }))).toBe('B Open 50 stage');
  const manual = await createDeal(service.api, { probability: 33 });
  expect(inWords(await change(manual.id, { sales_stage: 'B' }))).toBe('B Open 33 manual');
  expect(inWords(await change(manual.id, { sales_stage: 'A', probability: 70 }))).toBe('A Open 70 manual');
});

it('a whole deal that is read, changed and sent back keeps its number and its source', async () => {
  const { id } = await createDeal(service.api);
  const whole = (await service.api.get(`/opportunity/${id}?fields=*,pipeline_id,probability_source,snoozed_until`))
    .body;
  const { body } = await service.api.patch(`/opportunity/${id}`, { ...whole, title: 'Changed' });
  expect(body).toMatchObject({ title: 'Changed', probability: 10 });
  expect(inWords(await change(id, {}))).toBe('A Open 10 stage');
  const { data } = (await service.api.get(`/opportunity/${id}/history?limit=1`)).body;
  expect(data[0].after).toEqual({ title: 'Changed' });
});

it('what is set aside while a deal is lost comes back', async () => {
  const manual = await createDeal(service.api, { probability: 33 });
  expect(inWords(await act(manual.id, 'move', { stage: 'Lost', ...REASONS }))).toBe('Lost Lost 0 manual');
  expect(inWords(await act(manual.id, 'move', { stage: 'B' }))).toBe('B Open 33 manual');
  const follows = await createDeal(service.api);
  expect(inWords(await change(follows.id, { status: 'Lost' }))).toBe('A Lost 0 stage');
  expect(inWords(await change(follows.id, { status: 'Open' }))).toBe('A Open 10 stage');
  await act(follows.id, 'move', { stage: 'Lost', ...REASONS });
  expect(inWords(await act(follows.id, 'move', { stage: 'B' }))).toBe('B Open 50 stage');
});

it('renaming, ordering, archiving and numbering stages leaves deals as they are, until the numbers are applied', async () => {
  const { id, stages } = await createPipeline(service.api, { name: 'Renewals' });
  const deals: string[] = [];
  for (const body of [{}, { probability: 10 }, { sales_stage: 'B' }])
    deals.push((await createDeal(service.api, { pipeline_id: id, ...body })).id);
  const seen = async () =>
    Promise.all(
      deals.map(async (deal) => (await service.api.get(`/opportunity/${deal}?expand=stages`)).headers.get('etag')),
    );
  const before = await seen();
  const first = `/pipeline-stage/${stages['A']}`;
  expect((await service.api.patch(first, { label: 'First', probability: 15, archived: true })).status).toBe(200);
  await service.api.patch(first, { idx: 2 });
  expect(await seen()).toEqual(before);
  expect((await service.api.post(`/pipeline/${id}/apply-probabilities`, undefined)).body).toEqual({
    pipeline_id: id,
    changed: 1,
  });
  expect((await service.api.post(`/pipeline/${id}/apply-probabilities`, undefined)).body.changed).toBe(0);
  expect(inWords(await change(deals[0] ?? '', {}))).toBe('A Open 15 stage');
  const entering = await service.api.post('/opportunity', {
    ...(await minimalBody()),
    pipeline_id: id,
    sales_stage: 'A',
  });
  expect([entering.status, entering.body.error.param]).toEqual([400, 'sales_stage']);
  expect(await createDeal(service.api, { pipeline_id: id })).toMatchObject({ sales_stage: 'B' });
});

it('losing a deal in a pipeline with no or two lost stages leaves its stage', async () => {
  for (const lost of [
    [],
    [
      { key: 'No', type: 'lost' },
      { key: 'Never', type: 'lost' },
    ],
  ]) {
    const { id } = await createPipeline(service.api, { name: `With ${lost.length}`, stages: [STAGES[0], ...lost] });
    const deal = await createDeal(service.api, { pipeline_id: id });
    expect(inWords(await act(deal.id, 'lose', REASONS))).toBe('A Lost 0 stage');
  }
});

it('reopening returns to the last open stage', async () => {
  const { id } = await createDeal(service.api);
  await change(id, { sales_stage: 'B' });
  await act(id, 'lose', REASONS);
  const reopened = await act(id, 'reopen');
  expect([inWords(reopened), reopened.lost_at]).toEqual(['B Open 50 stage', null]);
  const { data } = await periodsOf(id);
  expect(data.map(({ sales_stage, left_at }: Json) => [sales_stage, left_at === null])).toEqual([
    ['A', false],
    ['B', false],
    ['B', true],
  ]);
  expect(data[2].entered_at).toBe(reopened.stage_entered_at);
});

it('reopening stays in the pipeline into which the deal was put since it was lost', async () => {
  const key = { type: 'lost', key: 'Lost' };
  const { id: other } = await createPipeline(service.api, {
    name: 'Second chance',
    stages: [{ key: 'Again', probability: 5 }, { key: 'Later', probability: 60 }, key],
  });
  const { id } = await createDeal(service.api, { sales_stage: 'B' });
  await act(id, 'lose', REASONS);
  await change(id, { pipeline_id: other });
  const reopened = await act(id, 'reopen');
  expect([reopened.pipeline_id, inWords(reopened)]).toEqual([other, 'Again Open 5 stage']);
  await change(id, { sales_stage: 'Later' });
  await change(id, { pipeline_id: made.id, sales_stage: 'A' });
  await act(id, 'lose', REASONS);
  await change(id, { pipeline_id: other });
  expect(inWords(await act(id, 'reopen'))).toBe('Later Open 60 stage');
});

it('a step that writes or takes back lost reasons is one step of the version, which all of its events have', async () => {
  const { id } = await createDeal(service.api);
  const steps: [string, object][] = [
    ['move', { stage: 'Lost', ...REASONS }],
    ['move', { stage: 'B' }],
    ['lose', REASONS],
    ['reopen', {}],
  ];
  for (const [at, [action, body]] of steps.entries()) {
    const { headers } = await service.api.post(`/opportunity/${id}/${action}`, body);
    expect([action, headers.get('etag')]).toEqual([action, `"${at + 2}"`]);
  }
  const { body } = await service.api.get(`//api/events?after=beginning&opportunity_id=${id}&types=*&limit=100`);
  const ofService = ['opportunity', 'opportunity_lost_reason_detail'];
  const told = body.data.filter(
    ({ type, derived_from }: Json) => derived_from === null && ofService.includes(type.split('.')[0]),
  );
  expect(told.map(({ type, version }: Json) => [type.split('.')[1], version])).toEqual([
    ...[['created', 1]],
    ...[
      ['created', 2],
      ['updated', 2],
    ],
    ...[
      ['deleted', 3],
      ['updated', 3],
    ],
    ...[
      ['created', 4],
      ['updated', 4],
    ],
    ...[
      ['deleted', 5],
      ['updated', 5],
    ],
  ]);
});

it('move refuses what cannot be', async () => {
  const { id } = await createDeal(service.api);
  const refused = async (body: object): Promise<unknown[]> => {
    const { status, body: answer } = await service.api.post(`/opportunity/${id}/move`, body);
    return [status, answer.error.code, answer.error.param];
  };
  expect(await refused({ stage: 'Nowhere' })).toEqual([400, 'parameter_invalid', 'stage']);
  expect(await refused({ stage: 'Lost' })).toEqual([400, 'parameter_missing', 'lost_reasons']);
  for (const stage of ['A', 'B'])
    expect(await refused({ stage, ...REASONS })).toEqual([400, 'parameter_invalid', 'lost_reasons']);
  await act(id, 'move', { stage: 'Won' });
  expect(await refused({ stage: 'Lost', ...REASONS })).toEqual([409, 'status_transition_invalid', undefined]);
});

it('another pipeline keeps the stage of the same name, and else begins at its first', async () => {
  const { id } = await createPipeline(service.api, {
    name: 'Other',
    stages: [
      { key: 'X', probability: 5 },
      { key: 'b', probability: 60 },
    ],
  });
  const same = await createDeal(service.api, { sales_stage: 'B' });
  expect(inWords(await change(same.id, { pipeline_id: id }))).toBe('b Open 60 stage');
  const first = await createDeal(service.api);
  expect(inWords(await change(first.id, { pipeline_id: id }))).toBe('X Open 5 stage');
  expect(inWords(await act(first.id, 'move', { stage: made.stages['B'] }))).toBe('B Open 50 stage');
  for (const [value, status] of [
    ['pipeline_x', 404],
    [null, 400],
  ] as const) {
    const answer = await service.api.patch(`/opportunity/${first.id}`, { pipeline_id: value });
    expect([answer.status, answer.body.error.param]).toEqual([status, 'pipeline_id']);
  }
});

it('a workspace without pipelines has stages that are only texts', async () => {
  const { other } = service;
  const { id, probability_source, stage_id } = await createDeal(other);
  expect([probability_source, stage_id]).toEqual(['stage', null]);
  const { body } = await other.patch(`/opportunity/${id}`, { sales_stage: 'Demo', status: 'Lost', pipeline_id: null });
  expect([body.sales_stage, body.probability]).toEqual(['Demo', 100]);
  const moved = await other.post(`/opportunity/${id}/move`, { stage: 'Demo' });
  expect([moved.status, moved.body.error.param]).toEqual([400, 'stage']);
  await other.post(`/opportunity/${id}/reopen`, undefined);
  const { data } = (await other.get(`/opportunity/${id}/stages`)).body;
  expect(data.map(({ sales_stage }: Json) => sales_stage)).toEqual(['Prospecting', 'Demo']);
  await clearPipelines(other);
});

it('the first pipeline takes the deals there are, and changes nothing else of them', async () => {
  const { other } = service;
  const deals = [
    await createDeal(other, { sales_stage: 'b' }),
    await createDeal(other, { sales_stage: 'Elsewhere', probability: 40 }),
  ];
  const { id, stages } = await createPipeline(other);
  const linked = await Promise.all(
    deals.map(async (deal) => (await other.get(`/opportunity/${deal.id}?fields=${SHOWN}`)).body),
  );
  expect(linked).toEqual([
    { ...deals[0], pipeline_id: id, stage_id: stages['B'] },
    { ...deals[1], pipeline_id: id, stage_id: null },
  ]);
  const stage = (await other.post('/pipeline-stage', { pipeline_id: id, key: 'elsewhere', probability: 5 })).body;
  const after = (await other.get(`/opportunity/${deals[1].id}?fields=${SHOWN}`)).body;
  expect(after).toEqual({ ...linked[1], stage_id: stage.id });
  expect((await other.patch(`/opportunity/${deals[0].id}?fields=${SHOWN}`, { sales_stage: 'B' })).body).toEqual(
    linked[0],
  );
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import pg from 'pg';
import { itAlone } from './support/alone.js';
import type { Json } from './support/client.js';
import { copyDeal, createOpportunity, minimal } from './support/fixtures.js';
import { clearPipelines, createDeal, createPipeline, SHOWN, STAGES, type MadePipeline } from './support/pipelines.js';
import { startService, type Service } from './support/service.js';

/* Pipelines and their stages themselves. */

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterEach(() => clearPipelines(service.api));
afterAll(() => service.stop());

const refusal = async (method: string, path: string, body?: object): Promise<unknown[]> => {
  const answer = await service.api.request(method, path, { body });
  return [answer.status, answer.body.error.code, answer.body.error.param ?? answer.body.error.count];
};
const missing = async (method: string, path: string, body: object): Promise<string> => {
  const answer = await service.api.request(method, path, { body });
  return `${answer.status} ${answer.body.error.errors.map(({ param }: Json) => param).join()}`;
};

describe('pipelines', () => {
  it('are created, retrieved, listed, changed and deleted', async () => {
    const { api } = service;
    const created = await api.post('/pipeline', { name: 'New business', is_default: false });
    expect(created).toMatchObject({ status: 201, body: { name: 'New business', is_default: true, archived: false } });
    expect(Object.keys(created.body)).toEqual(['id', 'created_at', 'updated_at', 'name', 'is_default', 'archived']);
    const path = `/pipeline/${created.body.id}`;
    expect((await api.get(`${path}?expand=stages`)).body).toEqual({ ...created.body, stages: [] });
    expect((await api.get('/pipeline?is_default=true&fields=name')).body.data).toEqual([{ name: 'New business' }]);
    const changed = await api.patch(path, { name: 'Renewals' }, { 'If-Match': created.headers.get('etag') ?? '' });
    expect([changed.status, changed.body.name]).toEqual([200, 'Renewals']);
    expect((await service.other.get(path)).status).toBe(404);
    expect((await api.delete(path)).body).toEqual({ id: created.body.id, deleted: true });
  });

  it('have the stages of a template, or those that are sent', async () => {
    const { body } = await service.api.post('/pipeline', { template: 'erpnext' });
    expect(body.name).toBe('Sales');
    expect(body.stages.map(({ key, probability }: Json) => `${key} ${probability}`)).toEqual([
      'Prospecting 10',
      'Qualification 20',
      'Needs Analysis 30',
      'Value Proposition 40',
      'Identifying Decision Makers 50',
      'Perception Analysis 60',
      'Proposal/Price Quote 70',
      'Negotiation/Review 90',
      'Won 100',
      'Lost 0',
    ]);
    expect(body.stages.map(({ forecast_category }: Json) => forecast_category)).toEqual([
      ...Array<string>(6).fill('pipeline'),
      'commit',
      'commit',
      'closed',
      'omitted',
    ]);
    expect((await service.api.get(`/pipeline/${body.id}?expand=stages&fields=name`)).body.stages).toEqual(body.stages);
    expect(await refusal('POST', '/pipeline', { template: 'erpnext', stages: [] })).toEqual([
      400,
      'parameter_invalid',
      'stages',
    ]);
    expect(await refusal('POST', '/pipeline', {})).toEqual([400, 'parameter_missing', 'name']);
    expect(await refusal('POST', '/pipeline', { name: 'sALES' })).toEqual([400, 'parameter_not_unique', 'name']);
    expect(await refusal('PATCH', `/pipeline/${body.id}`, { stages: [] })).toEqual([
      400,
      'parameter_invalid',
      'stages',
    ]);
  });

  it('have one default, which others can become, and which goes last', async () => {
    const { api } = service;
    const first = await createPipeline(api);
    const second = (await api.post('/pipeline', { name: 'Second', is_default: true })).body;
    expect(second.is_default).toBe(true);
    expect((await api.get(`/pipeline/${first.id}`)).body.is_default).toBe(false);
    for (const body of [{ is_default: false }, { archived: true }])
      expect(await refusal('PATCH', `/pipeline/${second.id}`, body)).toEqual([
        400,
        'parameter_invalid',
        Object.keys(body)[0],
      ]);
    expect(await refusal('DELETE', `/pipeline/${second.id}`)).toEqual([409, 'default_pipeline', undefined]);
    await api.patch(`/pipeline/${first.id}`, { is_default: true });
    expect((await api.patch(`/pipeline/${second.id}`, { archived: true })).body).toMatchObject({
      is_default: false,
      archived: true,
    });
    const entering = await api.post('/opportunity', { ...minimal, pipeline_id: second.id });
    expect([entering.status, entering.body.error.param]).toEqual([400, 'pipeline_id']);
  });
});

describe('stages', () => {
  let made: MadePipeline;
  beforeEach(async () => {
    made = await createPipeline(service.api);
  });

  it('complete themselves by their type, and keep their key and type', async () => {
    const { api } = service;
    const { body } = await api.get(`/pipeline-stage?parent_id=${made.id}`);
    expect(body.data.map(({ id: _id, ...stage }: Json) => stage)).toEqual(
      STAGES.map(({ key, type = 'open', probability, forecast_category, rotting_days = null }: Json, at) => ({
        idx: at + 1,
        pipeline_id: made.id,
        key,
        label: key,
        type,
        probability: probability ?? (type === 'won' ? 100 : 0),
        forecast_category: forecast_category ?? { open: 'pipeline', won: 'closed', lost: 'omitted' }[type as 'open'],
        rotting_days,
        archived: false,
      })),
    );
    const stage = { pipeline_id: made.id, key: 'C' };
    expect(await missing('POST', '/pipeline-stage', stage)).toBe('400 probability');
    expect(await missing('POST', '/pipeline-stage', { ...stage, key: 'A', probability: 1 })).toBe('400 key');
    expect(await missing('POST', '/pipeline-stage', { ...stage, type: 'won', probability: 99 })).toBe(
      '400 probability',
    );
    expect(await missing('POST', '/pipeline-stage', { ...stage, probability: 1, rotting_days: 3651 })).toBe(
      '400 rotting_days',
    );
    const path = `/pipeline-stage/${made.stages['Won']}`;
    for (const change of [{ key: 'W' }, { type: 'open' }, { probability: 1 }])
      expect(await missing('PATCH', path, change)).toBe(`400 ${Object.keys(change)[0]}`);
    const whole = (await api.get(path)).body;
    expect((await api.patch(path, whole)).body).toEqual(whole);
  });

  it('that deals are in are deleted only with a place for the deals', async () => {
    const { api } = service;
    const deals = [await createDeal(api), await createDeal(api, { status: 'Lost' })];
    const path = `/pipeline-stage/${made.stages['A']}`;
    expect(await refusal('DELETE', path)).toEqual([409, 'stage_in_use', 2]);
    for (const to of [made.stages['A'], 'pipeline-stage_x'])
      expect(await refusal('DELETE', `${path}?move_to=${to}`)).toEqual([400, 'parameter_invalid', 'move_to']);
    expect((await api.delete(`${path}?move_to=${made.stages['B']}`)).status).toBe(200);
    const moved = (await api.get(`/opportunity?fields=${SHOWN}&sort=created_at`)).body.data;
    expect(moved.map(({ id, sales_stage, probability }: Json) => [id, sales_stage, probability])).toEqual([
      [deals[0].id, 'B', 50],
      [deals[1].id, 'B', 0],
    ]);
    const other = await createPipeline(api, { name: 'Other', is_default: true });
    expect(await refusal('DELETE', `/pipeline/${made.id}`)).toEqual([409, 'stage_in_use', 2]);
    expect(await refusal('DELETE', `/pipeline/${made.id}?move_to=${made.stages['B']}`)).toEqual([
      400,
      'parameter_invalid',
      'move_to',
    ]);
    expect((await api.delete(`/pipeline/${made.id}?move_to=${other.stages['A']}`)).status).toBe(200);
    expect((await api.get(`/opportunity?pipeline_id=${other.id}&sales_stage=A`)).body.total).toBe(2);
    expect((await api.get(path)).status).toBe(404);
  });

  it('make deals rotten, and weight and forecast them', async () => {
    const { api } = service;
    const names = 'id,rotten_at,forecast_category,weighted_amount,stage_entered_at';
    const deal = async (body: object): Promise<Json> =>
      (
        await api.post(`/opportunity?fields=${names}`, {
          ...minimal,
          sales_stage: 'B',
          opportunity_amount: 10,
          ...body,
        })
      ).body;
    const fresh = await deal({});
    const rotting = Date.parse(fresh.stage_entered_at) + 14 * 86_400_000;
    expect(fresh).toMatchObject({ forecast_category: 'best_case', weighted_amount: 5 });
    expect(Date.parse(fresh.rotten_at)).toBe(rotting);
    const snoozed = await deal({ snoozed_until: '2099-01-01T00:00:00+01:00' });
    expect(snoozed.rotten_at).toBe('2098-12-31T23:00:00.000Z');
    const won = await deal({ status: 'Converted' });
    expect(won).toMatchObject({ rotten_at: null, forecast_category: 'closed', weighted_amount: 10 });
    await service.database.query(`update opportunity set stage_entered_at = now() - interval '14 days' where id = $1`, [
      fresh.id,
    ]);
    const list = async (filter: string, paging = ''): Promise<Json> =>
      (await api.get(`/opportunity?fields=id&sort=created_at&${filter}${paging}`)).body;
    /** The ids that pass the filter, after it was seen that every way through the pages has them and their number. */
    const listed = async (filter: string): Promise<string[]> => {
      const whole = await list(filter);
      const ids: string[] = whole.data.map(({ id }: Json) => id);
      expect(whole).toMatchObject({ total: ids.length, has_more: false });
      const cut = await list(filter, '&limit=1');
      expect(cut).toMatchObject({ total: ids.length, has_more: ids.length > 1, data: [{ id: ids[0] }] });
      for (const paging of ['&offset=50', '&offset=1000', `&starting_after=${ids.at(-1)}`])
        expect(await list(filter, paging)).toEqual({ data: [], total: ids.length, has_more: false });
      return ids;
    };
    expect(await listed('rotten=true')).toEqual([fresh.id]);
    expect(await listed('rotten=false')).toEqual([snoozed.id, won.id]);
    expect(await listed('rotten=false&status=Open')).toEqual([snoozed.id]);
    expect(await listed('forecast_category=closed')).toEqual([won.id]);
    expect(await listed('forecast_category=closed&q=party')).toEqual([won.id]);
    expect(await listed('weighted_amount[lt]=6&rotten_at[is_null]=false')).toEqual([fresh.id, snoozed.id]);
    const { data } = (await api.get('/opportunity?fields=id&sort=-weighted_amount&limit=2&q=party')).body;
    const rest = (await api.get(`/opportunity?fields=id&sort=-weighted_amount&starting_after=${data[1].id}`)).body.data;
    expect([...data, ...rest].map(({ id }: Json) => id)).toEqual([won.id, snoozed.id, fresh.id]);
  });
});

it('a workspace with strict stages takes only their keys', async () => {
  const strict = await startService({ STRICT_STAGES: 'true' });
  try {
    const anything = await createOpportunity(strict.api, { sales_stage: 'Anything' });
    await createPipeline(strict.api);
    const refused = await strict.api.post('/opportunity', { ...minimal, sales_stage: 'Nowhere' });
    expect([refused.status, refused.body.error.param]).toEqual([400, 'sales_stage']);
    expect(refused.body.error.message).toContain('A, B, Won, Lost');
    const path = `/opportunity/${anything.id}`;
    expect((await strict.api.patch(path, { sales_stage: 'Anything', title: 'Same' })).status).toBe(200);
    expect((await strict.api.patch(path, { sales_stage: 'Other' })).status).toBe(400);
  } finally {
    await strict.stop();
  }
});

/** How many deals are in each stage. */
async function linked(api: Service['api']): Promise<unknown> {
  return (await api.get('/opportunity/aggregate?group_by=stage_id')).body.data.map(({ count }: Json) => count);
}

it('the first pipeline takes more deals than a statement could', async () => {
  const many = await startService({ DATABASE_STATEMENT_TIMEOUT_MS: '2000' });
  try {
    const { id } = await createOpportunity(many.api, { sales_stage: 'a' });
    await copyDeal(many.database, id, 9999);
    await createPipeline(many.api);
    expect(await linked(many.api)).toEqual([10_000]);
  } finally {
    await many.stop();
  }
}, 60_000);

itAlone(
  'the first pipeline can be made by the command, which takes more deals than a statement could',
  async () => {
    const many = await startService({ DATABASE_STATEMENT_TIMEOUT_MS: '2000' });
    try {
      const { id } = await createOpportunity(many.other, { sales_stage: 'prospecting' });
      await copyDeal(many.database, id, 9999);
      await createOpportunity(many.other, { sales_stage: 'Elsewhere' });
      const run = (...args: string[]): Promise<{ stdout: string }> =>
        promisify(execFile)(process.execPath, ['dist/src/cli/pipelines.js', 'create', ...args], {
          env: { ...process.env, DATABASE_URL: many.database.url },
        });
      const body = '{"template": "erpnext"}';
      expect((await run('--workspace', 'other', body)).stdout).toMatch(/^Made the pipeline 'Sales', pipeline_\w+\.\n$/);
      expect(await linked(many.other)).toEqual(expect.arrayContaining([1, 10_000]));
      await expect(run('--workspace', 'other', body)).rejects.toMatchObject({
        stderr: "name must be unique; there is a pipeline 'Sales'.\n",
      });
      await expect(run('--workspace', 'nobody', body)).rejects.toMatchObject({
        stderr: "There is no workspace 'nobody'.\n",
      });
    } finally {
      await many.stop();
    }
  },
  60_000,
);

describe('whatever happens at once', () => {
  it('periods neither overlap nor leave a gap', async () => {
    const { api } = service;
    await createPipeline(api);
    const write = fc.constantFrom(
      ['PATCH', '', { sales_stage: 'A' }],
      ['PATCH', '', { sales_stage: 'B', probability: 20 }],
      ['PATCH', '', { sales_stage: 'Elsewhere' }],
      ['PATCH', '', { status: 'Open' }],
      ['PATCH', '', { status: 'Lost', opportunity_amount: 7 }],
      ['POST', '/move', { stage: 'A' }],
      ['POST', '/move', { stage: 'Won' }],
      ['POST', '/convert', undefined],
      ['POST', '/reopen', undefined],
    ) as fc.Arbitrary<[string, string, object | undefined]>;
    const writers = fc.array(fc.array(write, { minLength: 2, maxLength: 5 }), { minLength: 2, maxLength: 4 });
    const run = async (lists: [string, string, object | undefined][][]): Promise<void> => {
      const { id } = await createOpportunity(api);
      await Promise.all(
        lists.map(async (list) => {
          for (const [method, path, body] of list) {
            const { status } = await api.request(method, `/opportunity/${id}${path}`, { body });
            expect([200, 409]).toContain(status);
          }
        }),
      );
      const deal = (await api.get(`/opportunity/${id}?fields=${SHOWN}&expand=stages`)).body;
      const isEnded = deal.status !== 'Open';
      expect(deal.stages[0].entered_at).toBe(deal.created_at);
      const history = (await api.get(`/opportunity/${id}/history?limit=100`)).body.data as Json[];
      const reopenings = history.filter(
        ({ before, after }) => ['Lost', 'Converted'].includes(before?.status) && after?.status === 'Open',
      );
      const ends = history
        .filter(({ before, after }) => before?.status === 'Open' && after?.status !== 'Open')
        .map(({ after }) => after.won_at ?? after.lost_at);
      for (const [at, { entered_at, left_at }] of deal.stages.entries()) {
        const next = deal.stages[Number(at) + 1];
        if (next === undefined) expect([left_at === null, ends.includes(left_at)]).toEqual([!isEnded, isEnded]);
        else if (left_at !== next.entered_at)
          expect(reopenings.some(({ after }) => after.stage_entered_at === next.entered_at)).toBe(true);
        expect(left_at === null || left_at > entered_at).toBe(true);
        if (next !== undefined) expect(left_at <= next.entered_at).toBe(true);
      }
    };
    await fc.assert(fc.asyncProperty(writers, run), {
      numRuns: 15,
      endOnFailure: true,
      plugins: [fc.interruptAfterTimeLimit(25_000)],
    });
  });

  it('a stage is deleted although a deal that it moves is being deleted', async () => {
    const { api } = service;
    const made = await createPipeline(api);
    const [gone, moved] = [await createDeal(api), await createDeal(api)];
    const held = new pg.Client({ connectionString: service.database.url });
    await held.connect();
    await held.query('begin');
    await held.query('delete from opportunity where id = $1', [gone['id']]);
    const deleting = api.delete(`/pipeline-stage/${made.stages['A']}?move_to=${made.stages['B']}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await held.query('commit');
    await held.end();
    expect((await deleting).status).toBe(200);
    expect((await api.get(`/opportunity/${moved['id']}?fields=sales_stage`)).body).toEqual({ sales_stage: 'B' });
  });

  it('no deal stays outside of the first pipeline', async () => {
    const { api } = service;
    for (let round = 0; round < 3; round++) {
      const creates = Array.from({ length: 8 }, () => createOpportunity(api));
      const [made] = await Promise.all([createPipeline(api), ...creates]);
      const deals = (await api.get(`/opportunity?fields=${SHOWN}`)).body.data;
      expect(new Set(deals.map(({ pipeline_id }: Json) => pipeline_id))).toEqual(new Set([made.id]));
      await clearPipelines(api);
    }
  });
});

import type { Json } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { createPipeline } from './support/pipelines.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ BODY_LIMIT_BYTES: '4194304' });
});
afterAll(() => service.stop());

const PATH = '/opportunity/by-external-id/';
const put = (externalId: string, body: object, headers: Record<string, string> = {}, query = '') =>
  service.api.request('PUT', `${PATH}${encodeURIComponent(externalId)}${query}`, { body, headers });
const read = async (id: string): Promise<Json> =>
  (await service.api.get(`/opportunity/${id}?fields=*,external_id,metadata&expand=items,lost_reasons`)).body;
const events = async (id: string): Promise<string[]> =>
  (await service.api.get(`/opportunity/${id}/history?limit=100`)).body.data.map(({ type }: Json) => type);

const WHOLE = {
  ...minimal,
  conversion_rate: 1.5,
  metadata: { region: 'EMEA' },
  items: [
    { external_id: 'L-1', item_name: 'Chair', qty: 2, rate: 0.1 },
    { item_name: 'Desk', qty: 1, rate: 20, image: 'a.png', image_view: 'a.png', metadata: { colour: 'red' } },
    { item_name: 'Desk', qty: 1, rate: 20 },
  ],
  lost_reasons: [{ lost_reason: 'Price' }, { lost_reason: 'Price' }],
};

describe('PUT by external_id', () => {
  it('creates a deal, and with the same body changes nothing', async () => {
    const first = await put('a/b ü', WHOLE);
    expect([first.status, first.body.items.length, first.body.total]).toEqual([201, 3, 40.2]);
    const { id } = first.body;
    expect(first.headers.get('location')).toBe(`/api/crm/opportunity/${id}`);
    const before = [await read(id), await events(id)];
    expect(before[0]).toMatchObject({ external_id: 'a/b ü', metadata: { region: 'EMEA' } });
    const again = await put('a/b ü', WHOLE);
    expect([again.status, again.body.id, again.headers.get('etag')]).toEqual([200, id, first.headers.get('etag')]);
    expect([await read(id), await events(id)]).toEqual(before);
  });

  it.each<[string, object, number]>([
    ['Lost', { status: 'Lost', probability: 40 }, 0],
    ['Converted', { status: 'Converted', probability: 40, probability_source: 'stage' }, 100],
    ['in a lost stage', { sales_stage: 'lost', probability: 40 }, 0],
  ])(
    'with the same body changes nothing of a deal that is %s, which does not show its probability',
    async (of, ended, shown) => {
      const api = await service.clientWith({ workspace: 'ended' });
      if ((await api.get('/pipeline')).body.total === 0) await createPipeline(api);
      const send = (body: object) => api.request('PUT', `${PATH}${encodeURIComponent(of)}`, { body });
      await send(minimal);
      const first = await send({ ...minimal, ...ended });
      expect(first.body.probability).toBe(shown);
      const again = await send({ ...minimal, ...ended });
      expect([again.body.probability, again.headers.get('etag')]).toEqual([shown, first.headers.get('etag')]);
      // A number that the deal has not set aside is shown.
      expect((await send({ ...minimal, ...ended, probability: 30 })).body.probability).toBe(30);
    },
  );

  it('merges attributes as PATCH does, and replaces the lists that are sent', async () => {
    const { body: made } = await put('merge', WHOLE);
    const deal = await read(made.id);
    const [chair, desk, other] = deal.items;
    const items = [
      { id: other.id, qty: 5 },
      { external_id: 'L-2', item_name: 'Lamp' },
      { external_id: 'L-1', rate: 1 },
    ];
    const answer = await put(
      'merge',
      { title: 'New', metadata: { region: null, x: '1' }, conversion_rate: 2, items },
      {},
      '?expand=items',
    );
    expect(answer.status).toBe(200);
    expect(answer.body.items.map(({ id }: Json) => id)).toEqual([other.id, expect.any(String), chair.id]);
    const now = await read(made.id);
    expect(now).toMatchObject({
      title: 'New',
      metadata: { x: '1' },
      party_name: minimal.party_name,
      total: 102,
      base_total: 204,
    });
    expect(now.lost_reasons).toEqual(deal.lost_reasons);
    expect((await service.api.get(`/opportunity-item/${desk.id}`)).status).toBe(404);
    expect((await put('merge', { items: [], lost_reasons: [] })).body).toMatchObject({ total: 0 });
    expect(await read(made.id)).toMatchObject({ items: [], lost_reasons: [] });
  });

  it('names what is wrong, and then writes nothing', async () => {
    await put('wrong', WHOLE);
    const refusal = async (externalId: string, body: object): Promise<unknown[]> => {
      const { status, body: answer } = await put(externalId, body);
      return [status, ...answer.error.errors.map(({ param, code }: Json) => `${param} ${code}`)];
    };
    const missing = ['opportunity_from', 'party_name', 'company', 'transaction_date'];
    expect(await refusal('new', { title: 'x' })).toEqual([400, ...missing.map((name) => `${name} parameter_missing`)]);
    expect(await refusal('new', { ...minimal, lost_reasons: [{}] })).toEqual([
      400,
      'lost_reasons[0].lost_reason parameter_missing',
    ]);
    expect(await refusal('new', { ...minimal, items: [{ id: 'x' }] })).toEqual([404, 'items[0].id resource_missing']);
    expect(await refusal('new', { ...minimal, external_id: 'other' })).toEqual([400, 'external_id parameter_invalid']);
    expect(await refusal('wrong', { items: [{}, { id: 'x' }] })).toEqual([404, 'items[1].id resource_missing']);
    expect(await refusal('wrong', { lost_reasons: [{}, {}, {}] })).toEqual([
      400,
      'lost_reasons[2].lost_reason parameter_missing',
    ]);
    expect(await refusal('wrong', { items: [{ external_id: 'L' }, { external_id: 'L' }] })).toEqual([
      400,
      'items[1].external_id parameter_invalid',
    ]);
    expect(await refusal(' ', minimal)).toEqual([400, 'external_id parameter_invalid']);
    expect(await refusal('x'.repeat(141), minimal)).toEqual([400, 'external_id parameter_invalid']);
    expect((await service.api.get('/opportunity?external_id=new')).body.total).toBe(0);
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE'])
      expect((await service.api.request(method, `${PATH}x`)).status).toBe(405);
  });

  it('keeps preconditions, of a deal that there is and of one that there is not', async () => {
    const tag = async (headers: Record<string, string>): Promise<unknown> =>
      (await put('tags', minimal, headers)).status;
    expect(await tag({ 'If-Match': '"1"' })).toBe(412);
    expect(await tag({ 'If-Match': '*' })).toBe(412);
    expect(await tag({ 'If-None-Match': '*' })).toBe(201);
    expect(await tag({ 'If-None-Match': '*' })).toBe(412);
    expect(await tag({ 'If-Match': '"9"' })).toBe(412);
    expect(await tag({ 'If-Match': '"1"' })).toBe(200);
    expect(await tag({ 'If-Match': '*' })).toBe(200);
  });

  it('makes one deal of ten requests at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => put('ten', WHOLE)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('puts a deal into the pipeline of the workspace', async () => {
    const api = await service.clientWith({ workspace: 'piped' });
    await api.post('/pipeline', { name: 'Sales', template: 'default' });
    const send = (body: object) => api.request('PUT', `${PATH}p`, { body });
    const made = await send({ ...minimal, items: [{ rate: 1 }] });
    expect([made.status, (await send({ status: 'Converted' })).status]).toEqual([201, 200]);
    expect((await api.get(`/opportunity/${made.body.id}?fields=status,probability`)).body).toEqual({
      status: 'Converted',
      probability: 100,
    });
  });
});

it('the list of line items names them by external_id, too', async () => {
  const { body: deal } = await put('list', WHOLE);
  const [chair] = deal.items;
  const items = [{ external_id: 'NEW' }, { external_id: 'L-1', qty: 7 }];
  const { status, body } = await service.api.request('PUT', `/opportunity/${deal.id}/items`, { body: { items } });
  expect([status, body.data.map(({ id, qty }: Json) => [id, qty])]).toEqual([
    200,
    [
      [expect.any(String), 1],
      [chair.id, 7],
    ],
  ]);
});

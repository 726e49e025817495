import type { Answer, Json } from './support/client.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { createPipeline } from './support/pipelines.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** One object of each resource, all of one deal. */
async function deal(): Promise<Record<'opportunity' | 'item' | 'reason', string>> {
  const { id } = await createOpportunity(service.api);
  const item: Json = await addItem(service.api, id, { qty: 2, rate: 5 });
  const reason: Json = await addReason(service.api, id);
  return {
    opportunity: `/opportunity/${id}`,
    item: `/opportunity-item/${item.id}`,
    reason: `/opportunity-lost-reason-detail/${reason.id}`,
  };
}

async function etag(path: string): Promise<string> {
  return (await service.api.get(path)).headers.get('etag') ?? '';
}

const CHANGES = { opportunity: { title: 'x' }, item: { qty: 3 }, reason: { lost_reason: 'Timing' } } as const;
const KINDS = Object.keys(CHANGES) as (keyof typeof CHANGES)[];

describe('the ETag', () => {
  it.each(KINDS)('of an %s is strong, the same until it changes, and new after every change', async (kind) => {
    const path = (await deal())[kind];
    const first = await etag(path);
    expect(first).toMatch(/^"[^"]+"$/);
    expect(await etag(path)).toBe(first);
    expect((await service.api.patch(path, {})).headers.get('etag')).toBe(first);
    const changed = (await service.api.patch(path, CHANGES[kind])).headers.get('etag');
    expect(changed).not.toBe(first);
    expect(await etag(path)).toBe(changed);
  });

  it('comes with a new object', async () => {
    const answer = await service.api.post('/opportunity', (await createOpportunity(service.api)) as object);
    expect(answer.headers.get('etag')).toBe(await etag(`/opportunity/${answer.body.id}`));
  });

  it.each<[string, (paths: Awaited<ReturnType<typeof deal>>, id: string) => Promise<Answer>]>([
    ['a new line item', (_paths, id) => service.api.post('/opportunity-item', { opportunity_id: id })],
    ['a changed line item', ({ item }) => service.api.patch(item, { rate: 6 })],
    ['a deleted line item', ({ item }) => service.api.delete(item)],
    ['a changed lost reason', ({ reason }) => service.api.patch(reason, { lost_reason: 'Other' })],
    [
      'replaced line items',
      (_paths, id) => service.api.request('PUT', `/opportunity/${id}/items`, { body: { items: [] } }),
    ],
  ])('of an opportunity changes with %s', async (_what, change) => {
    const paths = await deal();
    const before = await etag(paths.opportunity);
    expect((await change(paths, paths.opportunity.replace('/opportunity/', ''))).status).toBeLessThan(300);
    expect(await etag(paths.opportunity)).not.toBe(before);
  });

  it('of a line item changes with its position and with the conversion rate', async () => {
    const { opportunity, item } = await deal();
    const before = await etag(item);
    await addItem(service.api, opportunity.replace('/opportunity/', ''), { idx: 1 });
    const moved = await etag(item);
    expect(moved).not.toBe(before);
    await service.api.patch(opportunity, { conversion_rate: 3 });
    expect(await etag(item)).not.toBe(moved);
  });
});

describe('If-Match', () => {
  it.each(KINDS)('lets only the version it names of an %s be changed or deleted', async (kind) => {
    const path = (await deal())[kind];
    const old = await etag(path);
    await service.api.patch(path, CHANGES[kind]);
    const before = (await service.api.get(path)).body;
    for (const stale of [old, `W/${old}`, '"nonsense"']) {
      const answers = [
        await service.api.patch(path, CHANGES[kind], { 'if-match': stale }),
        await service.api.delete(path, { 'if-match': stale }),
      ];
      expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
        [412, 'precondition_failed'],
        [412, 'precondition_failed'],
      ]);
    }
    expect((await service.api.get(path)).body).toEqual(before);
    expect((await service.api.patch(path, {}, { 'if-match': old })).status).toBe(412);
    expect((await service.api.patch(path, CHANGES[kind], { 'if-match': `"0", ${await etag(path)}` })).status).toBe(200);
    expect((await service.api.delete(path, { 'if-match': '*' })).status).toBe(200);
    expect((await service.api.delete(path, { 'if-match': '*' })).status).toBe(404);
  });

  it('guards the replacing of children by the version of the opportunity', async () => {
    const { opportunity } = await deal();
    const put = (tag: string): Promise<Answer> =>
      service.api.request('PUT', `${opportunity}/items`, {
        body: { items: [{ qty: 1 }] },
        headers: { 'if-match': tag },
      });
    const current = await etag(opportunity);
    expect((await put('"1"')).status).toBe(412);
    expect((await put(current)).status).toBe(200);
    expect((await put(current)).status).toBe(412);
  });

  it('lets exactly one of twenty writers with the same version through', async () => {
    const { opportunity, item } = await deal();
    for (const [path, body] of [
      [opportunity, CHANGES.opportunity],
      [opportunity, { conversion_rate: 7 }],
      [item, CHANGES.item],
    ] as const) {
      const tag = await etag(path);
      const writers = Array.from({ length: 20 }, () => service.api.patch(path, body, { 'if-match': tag }));
      const statuses = (await Promise.all(writers)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 412)).toHaveLength(19);
    }
  });
});

describe('If-None-Match', () => {
  it.each(KINDS)('is answered 304 without a body while an %s is unchanged', async (kind) => {
    const path = (await deal())[kind];
    const tag = await etag(path);
    for (const known of [tag, `W/${tag}`, `"0", ${tag}`, '*']) {
      const answer = await service.api.get(path, { 'if-none-match': known });
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', tag]);
    }
    await service.api.patch(path, CHANGES[kind]);
    expect((await service.api.get(path, { 'if-none-match': tag })).status).toBe(200);
  });

  it('is answered in full for what can change without a new version, and the ETag still names it', async () => {
    const api = await service.clientWith({ workspace: 'stages' });
    const { stages } = await createPipeline(api);
    const { id } = (await api.post('/opportunity', { ...minimal, sales_stage: 'A' })).body;
    const query = '?fields=*,stage_id,forecast_category,rotten_at';
    const before = await api.get(`/opportunity/${id}${query}`);
    await api.patch(`/pipeline-stage/${stages['A'] ?? ''}`, { forecast_category: 'commit', rotting_days: 1 });
    const known = { 'if-none-match': before.headers.get('etag') ?? '' };
    const after = await api.get(`/opportunity/${id}${query}`, known);
    expect([after.status, after.body.forecast_category]).toEqual([200, 'commit']);
    expect(after.body.rotten_at).not.toEqual(before.body.rotten_at);
    // The time in the present stage goes on.
    expect((await api.get(`/opportunity/${id}?expand=stages`, known)).status).toBe(200);
    for (const versioned of ['', '?fields=*', '?expand=items,lost_reasons'])
      expect((await api.get(`/opportunity/${id}${versioned}`, known)).status).toBe(304);
    const ifMatch = { 'if-match': after.headers.get('etag') ?? '' };
    expect((await api.patch(`/opportunity/${id}${query}`, { title: 'Desks' }, ifMatch)).status).toBe(200);
    expect((await api.patch(`/opportunity/${id}${query}`, { title: 'Chairs' }, ifMatch)).status).toBe(412);
  });
});

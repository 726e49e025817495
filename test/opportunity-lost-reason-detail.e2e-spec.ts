import type { Answer, Json } from './support/client.js';
import { addItem, addReason, createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

const PATH = '/opportunity-lost-reason-detail';
const KEYS = ['id', 'idx', 'opportunity_id', 'lost_reason'];

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const patch = (id: string, body: object): Promise<Answer> => service.api.patch(`${PATH}/${id}`, body);
const list = (parentId: string, more = ''): Promise<Answer> => service.api.get(`${PATH}?parent_id=${parentId}${more}`);
const opportunity = async (id: string): Promise<Json> => (await service.api.get(`/opportunity/${id}`)).body;

/** The reasons in the order of the list, having seen that their positions are 1…n. */
async function order(parentId: string): Promise<string> {
  const { data } = (await list(parentId)).body;
  expect(data.map(({ idx }: Json) => idx)).toEqual(data.map((_: Json, index: number) => index + 1));
  return data.map(({ lost_reason }: Json) => lost_reason).join('');
}

/** An opportunity with one reason for each letter; answers its id and theirs by letter. */
async function withReasons(letters: string): Promise<{ parent: string; ids: Record<string, string> }> {
  const { id: parent } = await createOpportunity(service.api);
  const ids: Record<string, string> = {};
  for (const letter of letters) ids[letter] = (await addReason(service.api, parent, letter)).id;
  return { parent, ids };
}

describe('a lost reason', () => {
  it('is created at the end, and has an address', async () => {
    const { parent } = await withReasons('A');
    const { status, headers, body } = await service.api.post(PATH, { opportunity_id: parent, lost_reason: 'Price' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/crm${PATH}/${body.id}`);
    expect(body.id).toMatch(/^opportunity-lost-reason-detail_[0-9a-z]{26}$/);
    expect(body).toEqual({ id: body.id, idx: 2, opportunity_id: parent, lost_reason: 'Price' });
    expect((await service.api.get(`${PATH}/${body.id}`)).body).toEqual(body);
  });

  it('has exactly the attributes of the reference, in its order, on every route', async () => {
    const { parent, ids } = await withReasons('A');
    const id = ids.A ?? '';
    expect(Object.keys(await addReason(service.api, parent))).toEqual(KEYS);
    expect(Object.keys((await service.api.get(`${PATH}/${id}`)).body)).toEqual(KEYS);
    expect(Object.keys((await patch(id, { lost_reason: 'x' })).body)).toEqual(KEYS);
    expect(Object.keys((await list(parent)).body.data[0])).toEqual(KEYS);
  });

  it.each([
    [{}, 'parameter_missing'],
    [{ lost_reason: null }, 'parameter_invalid'],
    [{ lost_reason: '' }, 'parameter_invalid'],
    [{ lost_reason: ' \n ' }, 'parameter_invalid'],
    [{ lost_reason: 7 }, 'parameter_invalid'],
    [{ lost_reason: 'x'.repeat(141) }, 'parameter_invalid'],
  ])('needs a reason that is not blank: %j', async (given, code) => {
    const { parent, ids } = await withReasons('A');
    const { status, body } = await service.api.post(PATH, { opportunity_id: parent, ...given });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code, param: 'lost_reason' });
    if (code === 'parameter_invalid') expect((await patch(ids.A ?? '', given)).status).toBe(400);
    expect(await order(parent)).toBe('A');
  });

  it('changes nothing with an empty body, and leaves its parent alone', async () => {
    const { parent, ids } = await withReasons('A');
    const before = await opportunity(parent);
    const { status, body } = await patch(ids.A ?? '', {});
    expect([status, body.lost_reason]).toEqual([200, 'A']);
    expect(await opportunity(parent)).toEqual(before);
  });

  it('takes back the whole object with its reason changed', async () => {
    const { ids } = await withReasons('A');
    const { body: whole } = await service.api.get(`${PATH}/${ids.A}`);
    const { status, body } = await patch(whole.id, { ...whole, lost_reason: 'Time' });
    expect([status, body]).toEqual([200, { ...whole, lost_reason: 'Time' }]);
  });

  it('ignores an id, or refuses it when strict', async () => {
    const { ids } = await withReasons('A');
    expect((await patch(ids.A ?? '', { id: 'x' })).body.id).toBe(ids.A);
    const { status, body } = await service.api.patch(`${PATH}/${ids.A}`, { id: 'x' }, { prefer: 'handling=strict' });
    expect([status, body.error.code, body.error.param]).toEqual([400, 'parameter_read_only', 'id']);
  });

  it('is answered 404 once it is deleted', async () => {
    const { ids } = await withReasons('A');
    const id = ids.A ?? '';
    const { status, text } = await service.api.delete(`${PATH}/${id}`);
    expect([status, text]).toEqual([200, `{"id":"${id}","deleted":true}`]);
    const after = [
      await service.api.get(`${PATH}/${id}`),
      await patch(id, {}),
      await service.api.delete(`${PATH}/${id}`),
    ];
    for (const answer of after) expect([answer.status, answer.body.error.code]).toEqual([404, 'resource_missing']);
  });

  it('is not found under the path of items, nor an item under its path', async () => {
    const { parent, ids } = await withReasons('A');
    const { id } = await addItem(service.api, parent);
    expect((await service.api.get(`/opportunity-item/${ids.A}`)).status).toBe(404);
    expect((await service.api.get(`${PATH}/${id}`)).status).toBe(404);
  });

  it('does not change the amounts of its opportunity', async () => {
    const { id } = await createOpportunity(service.api, { conversion_rate: 2 });
    await addItem(service.api, id, { qty: 2, rate: 3 });
    await addReason(service.api, id);
    expect(await opportunity(id)).toMatchObject({ total: 6, base_total: 12, status: 'Open' });
  });
});

describe('the parent of a lost reason', () => {
  it('must be named, and exist', async () => {
    const absent = await service.api.post(PATH, { lost_reason: 'x' });
    expect(absent.status).toBe(400);
    expect(absent.body.error).toMatchObject({ code: 'parameter_missing', param: 'opportunity_id' });
    const unknown = await service.api.post(PATH, { opportunity_id: 'opportunity_abc123', lost_reason: 'x' });
    expect(unknown.status).toBe(404);
    expect(unknown.body.error).toMatchObject({ code: 'resource_missing', param: 'opportunity_id' });
  });

  it('may be repeated by a change, but not changed', async () => {
    const { parent, ids } = await withReasons('A');
    const { parent: another } = await withReasons('B');
    expect((await patch(ids.A ?? '', { opportunity_id: parent, lost_reason: 'x' })).status).toBe(200);
    const { status, body } = await patch(ids.A ?? '', { opportunity_id: another, lost_reason: 'y' });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: 'opportunity_id' });
    expect(await order(parent)).toBe('x');
  });
});

describe('the list', () => {
  it('has all reasons of the parent, or the part asked for', async () => {
    const { parent } = await withReasons('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    expect(await order(parent)).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    expect((await list(parent)).body).toMatchObject({ has_more: false, total: 26 });
    const { body } = await list(parent, '&limit=2&offset=1');
    expect(body.data.map(({ lost_reason }: Json) => lost_reason)).toEqual(['B', 'C']);
    expect([body.has_more, body.total]).toEqual([true, 26]);
  });

  it('needs a parent_id that exists', async () => {
    const absent = await service.api.get(PATH);
    expect(absent.status).toBe(400);
    expect(absent.body.error).toMatchObject({ code: 'parameter_missing', param: 'parent_id' });
    const unknown = await list('opportunity_abc123');
    expect(unknown.status).toBe(404);
    expect(unknown.body.error).toMatchObject({ code: 'resource_missing', param: 'parent_id' });
  });

  it('is empty for an opportunity without reasons, even if it has items', async () => {
    const { id } = await createOpportunity(service.api);
    await addItem(service.api, id);
    expect((await list(id)).body).toEqual({ data: [], has_more: false, total: 0 });
  });
});

describe('positions', () => {
  it.each([
    [1, 'XABC'],
    [2, 'AXBC'],
    [4, 'ABCX'],
    [9, 'ABCX'],
  ])('a reason created at %i ends up in %s', async (idx, expected) => {
    const { parent } = await withReasons('ABC');
    const { body } = await service.api.post(PATH, { opportunity_id: parent, lost_reason: 'X', idx });
    expect(body.idx).toBe(expected.indexOf('X') + 1);
    expect(await order(parent)).toBe(expected);
  });

  it.each([
    ['A', 3, 'BCA'],
    ['C', 1, 'CAB'],
    ['A', 9, 'BCA'],
  ])('moving %s to %i makes it %s', async (letter, idx, expected) => {
    const { parent, ids } = await withReasons('ABC');
    expect((await patch(ids[letter] ?? '', { idx })).status).toBe(200);
    expect(await order(parent)).toBe(expected);
  });

  it('below 1 are refused', async () => {
    const { parent, ids } = await withReasons('AB');
    const created = await service.api.post(PATH, { opportunity_id: parent, lost_reason: 'X', idx: 0 });
    for (const { status, body } of [created, await patch(ids.B ?? '', { idx: 0 })])
      expect([status, body.error.param]).toEqual([400, 'idx']);
    expect(await order(parent)).toBe('AB');
  });

  it('close up after a delete', async () => {
    const { parent, ids } = await withReasons('ABC');
    await service.api.delete(`${PATH}/${ids.B}`);
    expect(await order(parent)).toBe('AC');
  });

  it('are counted apart from those of items', async () => {
    const { parent } = await withReasons('AB');
    expect((await addItem(service.api, parent)).idx).toBe(1);
    expect((await addReason(service.api, parent, 'C')).idx).toBe(3);
  });
});

describe('reorder', () => {
  const reorder = (body: object): Promise<Answer> => service.api.post(`${PATH}/reorder`, body);

  it('answers the reasons in the new order, with and without parent_id', async () => {
    const { parent, ids } = await withReasons('ABC');
    const { status, body } = await reorder({ parent_id: parent, ids: [ids.C, ids.A, ids.B] });
    expect([status, body]).toEqual([200, (await list(parent)).body]);
    expect(await order(parent)).toBe('CAB');
    await reorder({ ids: [ids.B, ids.C, ids.A] });
    expect(await order(parent)).toBe('BCA');
  });

  it.each(['PUT', 'PATCH'])('does the same by %s', async (method) => {
    const { parent, ids } = await withReasons('AB');
    const { status } = await fetch(`${service.origin}/api/crm${PATH}/reorder`, {
      method,
      headers: { authorization: `Bearer ${service.api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ parent_id: parent, ids: [ids.B, ids.A] }),
    });
    expect(status).toBe(200);
    expect(await order(parent)).toBe('BA');
  });

  it('changes nothing when the order is the same', async () => {
    const { parent, ids } = await withReasons('AB');
    const before = await opportunity(parent);
    expect((await reorder({ parent_id: parent, ids: [ids.A, ids.B] })).status).toBe(200);
    expect(await opportunity(parent)).toEqual(before);
  });

  it('names what is missing, repeated and foreign, and moves nothing', async () => {
    const { parent, ids } = await withReasons('AB');
    const { ids: others } = await withReasons('X');
    const { status, body } = await reorder({ parent_id: parent, ids: [ids.B, ids.B, others.X] });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: 'ids' });
    for (const part of [`missing ${ids.A}`, `repeated ${ids.B}`, `foreign ${others.X}`])
      expect(body.error.message).toContain(part);
    expect(await order(parent)).toBe('AB');
  });

  it('does not take the ids of items', async () => {
    const { parent, ids } = await withReasons('A');
    const { id } = await addItem(service.api, parent);
    const { status, body } = await reorder({ parent_id: parent, ids: [ids.A, id] });
    expect([status, body.error.param]).toEqual([400, 'ids']);
  });
});

describe('the number of lost reasons', () => {
  it('is limited as configured, apart from that of items', async () => {
    const small = await startService({ MAX_CHILDREN: '1' });
    try {
      const { id } = await createOpportunity(small.api);
      await addItem(small.api, id);
      await addReason(small.api, id);
      const { status, body } = await small.api.post(PATH, { opportunity_id: id, lost_reason: 'x' });
      expect([status, body.error.code]).toEqual([400, 'children_limit_reached']);
      expect((await small.api.get(`${PATH}?parent_id=${id}`)).body.total).toBe(1);
    } finally {
      await small.stop();
    }
  });
});

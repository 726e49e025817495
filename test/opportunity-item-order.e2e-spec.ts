import type { Answer, Json } from './support/client.js';
import { addItem, createOpportunity } from './support/fixtures.js';
import { itemCalls } from './support/items.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const { list, opportunity, order, patch, withItems } = itemCalls(() => service.api);

describe('positions', () => {
  it.each([
    [undefined, 'ABCX'],
    [1, 'XABC'],
    [2, 'AXBC'],
    [3, 'ABXC'],
    [4, 'ABCX'],
    [5, 'ABCX'],
    [2147483647, 'ABCX'],
    [9007199254740991, 'ABCX'],
  ])('an item created at %s ends up in %s', async (idx, expected) => {
    const { parent } = await withItems('ABC');
    const created = await addItem(service.api, parent, { item_code: 'X', ...(idx !== undefined && { idx }) });
    expect(created.idx).toBe(expected.indexOf('X') + 1);
    expect(await order(parent)).toBe(expected);
  });

  it.each([
    ['A', 1, 'ABCD'],
    ['A', 2, 'BACD'],
    ['A', 4, 'BCDA'],
    ['A', 5, 'BCDA'],
    ['A', 9007199254740991, 'BCDA'],
    ['D', 1, 'DABC'],
    ['D', 3, 'ABDC'],
    ['C', 2, 'ACBD'],
    ['B', 3, 'ACBD'],
  ])('moving %s to %i makes it %s', async (letter, idx, expected) => {
    const { parent, ids } = await withItems('ABCD');
    const { status, body } = await patch(ids[letter] ?? '', { idx });
    expect([status, body.idx]).toEqual([200, expected.indexOf(letter) + 1]);
    expect(await order(parent)).toBe(expected);
  });

  it.each([0, -1, 1.5, '1', null, true])('refuses %j', async (idx) => {
    const { parent, ids } = await withItems('AB');
    for (const answer of [
      await service.api.post('/opportunity-item', { opportunity_id: parent, idx }),
      await patch(ids.B ?? '', { idx }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ code: 'parameter_invalid', param: 'idx' });
    }
    expect(await order(parent)).toBe('AB');
  });

  it.each([
    ['A', 'BCD'],
    ['B', 'ACD'],
    ['D', 'ABC'],
  ])('deleting %s leaves %s', async (letter, expected) => {
    const { parent, ids } = await withItems('ABCD');
    await service.api.delete(`/opportunity-item/${ids[letter]}`);
    expect(await order(parent)).toBe(expected);
  });

  it('moves and changes an item in one request', async () => {
    const { parent, ids } = await withItems('ABC');
    const { body } = await patch(ids.C ?? '', { idx: 1, qty: 2, rate: 5 });
    expect(body).toMatchObject({ idx: 1, qty: 2, rate: 5, amount: 10 });
    expect(await order(parent)).toBe('CAB');
  });

  it('leaves the parent alone when the item is already there', async () => {
    const { parent, ids } = await withItems('ABC');
    const before = await opportunity(parent);
    await patch(ids.B ?? '', { idx: 2 });
    await patch(ids.C ?? '', { idx: 9 });
    expect(await opportunity(parent)).toEqual(before);
  });

  it('stay 1…n under parallel inserts, moves, deletes and reorders', async () => {
    const { parent, ids } = await withItems('ABCDEF');
    const all = Object.values(ids);
    const statuses = await Promise.all([
      ...[1, 3, undefined, 5, 1, undefined].map((idx) =>
        service.api.post('/opportunity-item', { opportunity_id: parent, rate: 1, ...(idx !== undefined && { idx }) }),
      ),
      ...[4, 1, 6, 2].map((idx, index) => patch(all[index] ?? '', { idx })),
      ...all.slice(4).map((id) => service.api.delete(`/opportunity-item/${id}`)),
      // Refused unless it happens to come first: by then the children are others.
      service.api.post('/opportunity-item/reorder', { parent_id: parent, ids: all.toReversed() }),
    ]);
    expect(statuses.filter(({ status }) => status >= 500 || status === 409)).toEqual([]);
    expect(await order(parent)).toHaveLength(4);
    expect(await opportunity(parent)).toMatchObject({ total: 6, base_total: 6 });
  });
});

describe('reorder', () => {
  const reorder = (body: object): Promise<Answer> => service.api.post('/opportunity-item/reorder', body);
  const pick = (ids: Record<string, string>, letters: string): string[] => [...letters].map((l) => ids[l] ?? l);

  it('answers the items in the new order', async () => {
    const { parent, ids } = await withItems('ABCD');
    const { status, body } = await reorder({ parent_id: parent, ids: pick(ids, 'DBAC') });
    expect(status).toBe(200);
    expect(body).toEqual((await list(parent)).body);
    expect([body.has_more, body.total]).toEqual([false, 4]);
    expect(await order(parent)).toBe('DBAC');
  });

  it('leaves the amounts as they are', async () => {
    const { parent, ids } = await withItems('AB');
    await patch(ids.A ?? '', { qty: 3, rate: 0.1 });
    await reorder({ parent_id: parent, ids: pick(ids, 'BA') });
    expect(await opportunity(parent)).toMatchObject({ total: 0.3, base_total: 0.3 });
  });

  it.each(['PUT', 'PATCH'])('does the same by %s', async (method) => {
    const { parent, ids } = await withItems('ABC');
    // These stay out of the document, so the client, which holds answers against it, cannot be used.
    const send = (body: object): Promise<Response> =>
      fetch(`${service.origin}/api/crm/opportunity-item/reorder`, {
        method,
        headers: { authorization: `Bearer ${service.api.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const answer = await send({ parent_id: parent, ids: pick(ids, 'CAB') });
    expect([answer.status, await answer.json()]).toEqual([200, (await list(parent)).body]);
    expect(await order(parent)).toBe('CAB');
    const refused = await send({ parent_id: parent, ids: pick(ids, 'CA') });
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as Json).error).toMatchObject({ code: 'parameter_invalid', param: 'ids' });
  });

  it('takes the parent from the items when parent_id is left out', async () => {
    const { parent, ids } = await withItems('ABC');
    expect((await reorder({ ids: pick(ids, 'BCA') })).status).toBe(200);
    expect(await order(parent)).toBe('BCA');
  });

  it('changes nothing, not even updated_at, when the order is the same', async () => {
    const { parent, ids } = await withItems('ABC');
    const before = await opportunity(parent);
    const { status, body } = await reorder({ parent_id: parent, ids: pick(ids, 'ABC') });
    expect([status, body]).toEqual([200, (await list(parent)).body]);
    expect(await opportunity(parent)).toEqual(before);
  });

  it.each([
    ['missing', 'AB', /missing <C>/],
    ['repeated', 'ABCA', /repeated <A>/],
    ['foreign', 'ABCX', /foreign <X>/],
    ['missing, repeated and foreign', 'AAX', /missing <B>, <C>; repeated <A>; foreign <X>/],
    ['all missing', '', /missing <A>, <B>, <C>/],
  ])('names ids that are %s, and moves nothing', async (_what, letters, expected) => {
    const { parent, ids } = await withItems('ABC');
    const { ids: others } = await withItems('X');
    const names = new Map(Object.entries({ ...ids, ...others }).map(([letter, id]) => [id, `<${letter}>`]));
    const before = await opportunity(parent);
    const { status, body } = await reorder({ parent_id: parent, ids: pick({ ...ids, ...others }, letters) });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: 'ids' });
    const message = (body.error.message as string).replaceAll(/opportunity-item_\w+/g, (id) => names.get(id) ?? id);
    expect(message).toMatch(expected);
    expect(await order(parent)).toBe('ABC');
    expect(await opportunity(parent)).toEqual(before);
  });

  it('refuses an empty list without a parent, and takes one for a parent without items', async () => {
    const { status, body } = await reorder({ ids: [] });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_missing', param: 'parent_id' });
    const { id } = await createOpportunity(service.api);
    const empty = await reorder({ parent_id: id, ids: [] });
    expect([empty.status, empty.body]).toEqual([200, { data: [], has_more: false, total: 0 }]);
  });

  it('answers 404 for a parent that does not exist', async () => {
    const { status, body } = await reorder({ parent_id: 'opportunity_abc123', ids: [] });
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ code: 'resource_missing', param: 'parent_id' });
  });

  it.each([
    [{}, 'ids', 'parameter_missing'],
    [{ ids: null }, 'ids', 'parameter_invalid'],
    [{ ids: 'x' }, 'ids', 'parameter_invalid'],
    [{ ids: { 0: 'x' } }, 'ids', 'parameter_invalid'],
    [{ ids: [1] }, 'ids[0]', 'parameter_invalid'],
    [{ ids: ['a', null] }, 'ids[1]', 'parameter_invalid'],
    [{ ids: ['a', ['b']] }, 'ids[1]', 'parameter_invalid'],
    [{ ids: ['a\u0000'] }, 'ids[0]', 'parameter_invalid'],
    [{ ids: ['\ud800'] }, 'ids[0]', 'parameter_invalid'],
    [{ parent_id: 1, ids: [] }, 'parent_id', 'parameter_invalid'],
    [{ parent: 'x', ids: [], parent_id: 'x' }, 'parent', 'parameter_unknown'],
  ])('refuses %j, naming %s', async (given, param, code) => {
    const { status, body } = await reorder(given);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code, param });
  });
});

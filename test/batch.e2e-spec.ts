import pg from 'pg';
import { createOpportunity, minimal } from './support/fixtures.js';
import type { Json } from './support/client.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const create = (body: object = {}): object => ({ method: 'create', body: { ...minimal, ...body } });
const update = (id: string, body: object): object => ({ method: 'update', id, body });
const remove = (id: string): object => ({ method: 'delete', id });

async function batch(operations: object[], options: object = {}): Promise<{ status: number; body: Json }> {
  return service.api.post('/opportunity/batch', { ...options, operations });
}

async function total(): Promise<number> {
  return (await service.api.get('/opportunity?limit=1')).body.total;
}

/** How many statements the transaction of `work` has; what the service does beside it does not count. */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  const query = Reflect.get(pg.Client.prototype, 'query') as (...args: unknown[]) => unknown;
  const counts = new Map<pg.Client, number>();
  const totals: number[] = [];
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
    const [statement] = args as [string | { text: string }];
    const text = typeof statement === 'string' ? statement : statement.text;
    const before = counts.get(this);
    if (/^(begin|start transaction)/i.test(text)) counts.set(this, 1);
    else if (before !== undefined) counts.set(this, before + 1);
    // What works in the background may use the connection next.
    if (before !== undefined && /^(commit|rollback)/i.test(text)) {
      totals.push(before + 1);
      counts.delete(this);
    }
    return Reflect.apply(query, this, args);
  } as typeof pg.Client.prototype.query;
  try {
    await work();
    return Math.max(...totals);
  } finally {
    Reflect.set(pg.Client.prototype, 'query', query);
  }
}

describe('an atomic batch', () => {
  it('answers each operation as the single call would, in order', async () => {
    const [first, second] = [await createOpportunity(service.api), await createOpportunity(service.api)];
    const { status, body } = await batch([
      create({ title: 'new', items: [{ qty: 3, rate: 0.1 }] }),
      update(first.id, { title: 'changed', conversion_rate: 2 }),
      remove(second.id),
      update(first.id, { title: 'changed again' }),
      update(first.id, {}),
    ]);
    expect(status).toBe(200);
    expect(body.data.map(({ status: own }: Json) => own)).toEqual([201, 200, 200, 200, 200]);
    const [made, , gone, changed, same] = body.data.map(({ object }: Json) => object);
    expect(made).toMatchObject({ title: 'new', total: 0.3, items: [{ idx: 1, amount: 0.3 }] });
    expect(gone).toEqual({ id: second.id, deleted: true });
    expect(changed).toMatchObject({ title: 'changed again', conversion_rate: 2 });
    expect(same).toEqual((await service.api.get(`/opportunity/${first.id}`)).body);
    expect((await service.api.get(`/opportunity/${second.id}`)).status).toBe(404);
  });

  it('is nothing at all when one operation fails, and says which and why', async () => {
    const { id } = await createOpportunity(service.api, { title: 'before' });
    const before = await total();
    const missing = 'opportunity_00000000000000000000000000';
    const { status, body } = await batch([create(), update(id, { title: 'after' }), remove(missing), create()]);
    expect([status, body.error.code, body.error.param]).toEqual([404, 'resource_missing', 'operations[2].id']);
    expect(await total()).toBe(before);
    expect((await service.api.get(`/opportunity/${id}`)).body.title).toBe('before');
  });

  it('names every parameter that is not valid by its place', async () => {
    const { body } = await batch([
      create({ probability: 101 }),
      { method: 'create', id: 'x', body: minimal },
      { method: 'update', body: {} },
      { method: 'delete', id: 'x', body: {} },
      create({ items: [{ qty: -1 }] }),
    ]);
    expect(body.error.errors.map(({ param }: Json) => param)).toEqual([
      'operations[0].body.probability',
      'operations[1].id',
      'operations[2].id',
      'operations[3].body',
      'operations[4].body.items[0].qty',
    ]);
  });

  it('names the operation whose computed amount is too large', async () => {
    const before = await total();
    const large = { opportunity_amount: 900_000_000_000, conversion_rate: 1000 };
    const { status, body } = await batch([create(), create(large), create()]);
    expect([status, body.error.code, body.error.param]).toEqual([
      400,
      'amount_out_of_range',
      'operations[1].body.opportunity_amount',
    ]);
    expect(await total()).toBe(before);
  });

  it('refuses read-only attributes when asked to be strict', async () => {
    const operations = [create({ total: 1 })];
    const answer = await service.api.post('/opportunity/batch', { operations }, { prefer: 'handling=strict' });
    expect([answer.status, answer.body.error.code]).toEqual([400, 'parameter_read_only']);
    expect((await batch(operations)).status).toBe(200);
  });

  it.each([
    [[], 'operations'],
    [Array.from({ length: 201 }, () => create()), 'operations'],
    [[{ method: 'upsert' }], 'operations[0].method'],
  ])('refuses a list that is not possible (%#)', async (operations, param) => {
    const { status, body } = await batch(operations);
    expect([status, body.error.param]).toEqual([400, param]);
  });

  it('takes 200 operations, with as few statements for many as for few', async () => {
    const some = await statementsOf(() => batch(Array.from({ length: 2 }, () => create({ items: [{ rate: 1 }] }))));
    const many = await statementsOf(() => batch(Array.from({ length: 200 }, () => create({ items: [{ rate: 1 }] }))));
    expect(many).toBe(some);
    const ids = (await service.api.get('/opportunity?limit=50')).body.data.map(({ id }: Json) => id);
    const changing = await statementsOf(() => batch(ids.map((id: string) => update(id, { title: id }))));
    expect(changing).toBeLessThan(12);
    for (const { id, title } of (await service.api.get('/opportunity?limit=50')).body.data) expect(title).toBe(id);
  });

  it('meets no deadlock when two change the same objects in opposite order', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) ids.push((await createOpportunity(service.api)).id);
    const [there, back] = [ids, [...ids].reverse()].map((order) => order.map((id) => update(id, { probability: 5 })));
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_entry, index) => batch((index % 2 ? there : back) ?? [])),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200));
  });
});

describe('a batch that is not atomic', () => {
  it('gives each operation its own outcome and keeps what worked', async () => {
    const { id } = await createOpportunity(service.api);
    const before = await total();
    const { status, body } = await batch(
      [create(), create({ probability: 101 }), remove('opportunity_none'), update(id, { title: 'kept' })],
      { atomic: false },
    );
    expect(status).toBe(200);
    expect(body.data.map(({ status: own }: Json) => own)).toEqual([201, 400, 404, 200]);
    expect(body.data.map(({ error }: Json) => error?.param)).toEqual([
      undefined,
      'operations[1].body.probability',
      'operations[2].id',
      undefined,
    ]);
    expect(await total()).toBe(before + 1);
    expect((await service.api.get(`/opportunity/${id}`)).body.title).toBe('kept');
  });

  it('meets no conflict when it is repeatable and others change the same objects in opposite order', async () => {
    const ids = [(await createOpportunity(service.api)).id, (await createOpportunity(service.api)).id] as string[];
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_entry, index) => {
        const order = index % 2 ? ids : [...ids].reverse();
        const operations = order.map((id) => update(id, { probability: index }));
        const headers = { 'idempotency-key': `opposite ${index}` };
        return service.api.post('/opportunity/batch', { atomic: false, operations }, headers);
      }),
    );
    const outcomes = answers.flatMap(({ body }) => body.data.map(({ status }: Json) => status));
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => 200));
  });
});

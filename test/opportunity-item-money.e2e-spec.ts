import type { Answer, Json } from './support/client.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { itemCalls } from './support/items.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const { item, list, opportunity, patch } = itemCalls(() => service.api);

describe('money', () => {
  it.each([
    [3, 0.1, 0.3],
    [100, 1.005, 100.5],
    [2.5, 19.99, 49.975],
    [0.333333333, 3, 0.999999999],
    [0.000000001, 0.4, 0],
    [0.000000001, 0.5, 0.000000001],
    [1.1, 1.1, 1.21],
  ])('%d × %d is %d', async (qty, rate, amount) => {
    const { id } = await createOpportunity(service.api);
    expect(await addItem(service.api, id, { qty, rate })).toMatchObject({ amount, base_amount: amount });
    expect(await opportunity(id)).toMatchObject({ total: amount, base_total: amount });
  });

  it('adds 1 000 rows of 1 × 0.1 up to 100, and has no room for another', async () => {
    const { id } = await createOpportunity(service.api);
    await service.database.query(
      `insert into opportunity_item (workspace_id, id, idx, opportunity_id, qty, rate, conversion_rate)
       select workspace_id, 'opportunity-item_' || n, n, id, 1, 0.1, 1 from opportunity, generate_series(1, 999) n where id = $1`,
      [id],
    );
    expect((await addItem(service.api, id, { qty: 1, rate: 0.1 })).idx).toBe(1000);
    expect(await opportunity(id)).toMatchObject({ total: 100, base_total: 100 });
    const { status, body } = await service.api.post('/opportunity-item', { opportunity_id: id });
    expect([status, body.error.code]).toEqual([400, 'children_limit_reached']);
    expect((await list(id)).body).toMatchObject({ has_more: false, total: 1000 });
    expect((await list(id)).body.data).toHaveLength(1000);
  });

  it('converts row by row: 3 × 19.99, 2.5 × 40.01 and 1 × 0.05 at 0.917431', async () => {
    const { id } = await createOpportunity(service.api, { conversion_rate: 0.917431 });
    for (const [qty, rate] of [
      [3, 19.99],
      [2.5, 40.01],
      [1, 0.05],
    ])
      await addItem(service.api, id, { qty, rate });
    expect(await opportunity(id)).toMatchObject({ total: 160.045, base_total: 146.830244395 });
  });

  it('values an opportunity of 1 000 at rate 83, then 90', async () => {
    const created = await createOpportunity(service.api, { opportunity_amount: 1000, conversion_rate: 83 });
    expect(created.base_opportunity_amount).toBe(83000);
    const { body } = await service.api.patch(`/opportunity/${created.id}`, { conversion_rate: 90 });
    expect(body.base_opportunity_amount).toBe(90000);
    const changed = await service.api.patch(`/opportunity/${created.id}`, { opportunity_amount: 10 });
    expect(changed.body.base_opportunity_amount).toBe(900);
  });

  it('refuses 1 000 000 × 1 000 000, and writes nothing', async () => {
    const { id } = await createOpportunity(service.api);
    const before = await opportunity(id);
    const { status, body } = await service.api.post('/opportunity-item', { opportunity_id: id, qty: 1e6, rate: 1e6 });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', code: 'amount_out_of_range' });
    expect(body.error.errors.map(({ param }: Json) => param)).toEqual(['qty', 'rate']);
    expect((await list(id)).body.total).toBe(0);
    expect(await opportunity(id)).toEqual(before);
  });

  it('never derives opportunity_amount from the items', async () => {
    const { id } = await createOpportunity(service.api, { opportunity_amount: 5 });
    await addItem(service.api, id, { qty: 2, rate: 10 });
    expect(await opportunity(id)).toMatchObject({ opportunity_amount: 5, base_opportunity_amount: 5, total: 20 });
  });

  it('rounds half up at the ninth decimal, first the amount, then its conversion', async () => {
    const { id } = await createOpportunity(service.api, { conversion_rate: 3 });
    const row = await addItem(service.api, id, { qty: 0.5, rate: 0.000000001 });
    expect(row).toMatchObject({ amount: 1e-9, base_amount: 3e-9, base_rate: 3e-9 });
  });

  it('is right after every kind of write', async () => {
    const { id } = await createOpportunity(service.api, { conversion_rate: 2 });
    const totals = async (): Promise<unknown[]> => {
      const { total, base_total } = await opportunity(id);
      return [total, base_total];
    };
    const first = await addItem(service.api, id, { qty: 3, rate: 0.1 });
    expect(await totals()).toEqual([0.3, 0.6]);
    const second = await addItem(service.api, id, { qty: 1, rate: 10, idx: 1 });
    expect(await totals()).toEqual([10.3, 20.6]);
    await patch(first.id, { qty: 5 });
    expect(await totals()).toEqual([10.5, 21]);
    await patch(first.id, { rate: -0.1, idx: 1 });
    expect(await totals()).toEqual([9.5, 19]);
    await service.api.post('/opportunity-item/reorder', { parent_id: id, ids: [second.id, first.id] });
    expect(await totals()).toEqual([9.5, 19]);
    const { body } = await service.api.patch(`/opportunity/${id}`, { conversion_rate: 3 });
    expect([body.total, body.base_total]).toEqual([9.5, 28.5]);
    expect((await item(second.id)).body).toMatchObject({ amount: 10, base_amount: 30, base_rate: 30 });
    await service.api.delete(`/opportunity-item/${second.id}`);
    expect(await totals()).toEqual([-0.5, -1.5]);
    await service.api.delete(`/opportunity-item/${first.id}`);
    expect(await totals()).toEqual([0, 0]);
    expect((await addItem(service.api, id, { rate: 1 })).base_amount).toBe(3);
  });

  it('refuses a write whose total would not fit, and writes nothing', async () => {
    const { id } = await createOpportunity(service.api);
    const row = await addItem(service.api, id, { rate: 9e11 });
    const other = await addItem(service.api, id, { rate: 9e10 });
    const before = [await opportunity(id), (await list(id)).body];
    const answers = [
      await service.api.post('/opportunity-item', { opportunity_id: id, rate: 9e11, idx: 1 }),
      await patch(other.id, { rate: 9e11, idx: 1 }),
      await patch(row.id, { qty: 2 }),
      await service.api.patch(`/opportunity/${id}`, { conversion_rate: 2, title: 'x' }),
    ];
    for (const { status, body } of answers) expect([status, body.error.code]).toEqual([400, 'amount_out_of_range']);
    expect(answers.map(({ body }) => body.error.param)).toEqual(['rate', 'rate', 'qty', 'conversion_rate']);
    expect([await opportunity(id), (await list(id)).body]).toEqual(before);
  });

  it('refuses an opportunity whose base amount would not fit', async () => {
    const body = { ...minimal, opportunity_amount: 9e11, conversion_rate: 2 };
    const answer = await service.api.post('/opportunity', body);
    expect([answer.status, answer.body.error.code]).toEqual([400, 'amount_out_of_range']);
  });
});

describe('long decimals', () => {
  /** Creates with `opportunity_amount` as JSON text: a JavaScript number could not carry these digits. */
  const send = (amount: string): Promise<Answer> =>
    service.api.post('/opportunity', JSON.stringify(minimal).replace('}', `,"opportunity_amount":${amount}}`));
  const amountIn = (text: string): string | undefined => /"opportunity_amount":([^,]+),/.exec(text)?.[1];

  it.each(['123456789012.123456789', '999999999999.999999999', '-999999999999.999999999', '100000000000.1'])(
    '%s is answered with exactly these digits',
    async (amount) => {
      const { status, text, body } = await send(amount);
      expect([status, amountIn(text)]).toEqual([201, amount]);
      expect(amountIn((await service.api.get(`/opportunity/${body.id}`)).text)).toBe(amount);
      expect(amountIn((await service.api.get('/opportunity?limit=1')).text)).toBe(amount);
    },
  );

  it.each([
    ['0.1234567894', '0.123456789'],
    ['0.1234567895', '0.12345679'],
    ['-0.1234567895', '-0.12345679'],
    ['0.00000000049999999999999999', '0'],
    ['999999999999.9999999994', '999999999999.999999999'],
    ['12345678901234567890e-9', '12345678901.23456789'],
    ['1.5e3', '1500'],
    ['1E+11', '100000000000'],
    ['1e-400', '0'],
    ['-0', '0'],
    ['1.000000000000000000000', '1'],
  ])('%s is kept as %s', async (given, kept) => {
    const { status, text } = await send(given);
    expect([status, amountIn(text)]).toEqual([201, kept]);
  });

  it.each([
    ['9.99999999999999999e11', '999999999999.999999'],
    ['1234567890123456e-20000', '0'],
  ])('%s, long and with an exponent, is kept as %s', async (given, kept) => {
    const { status, text } = await send(given);
    expect([status, amountIn(text)]).toEqual([201, kept]);
  });

  it.each([
    '1000000000000',
    '-1000000000000',
    '999999999999.9999999995',
    '1e12',
    '1e400',
    '-1e400',
    '1234567890123456e300',
    '99999999999999999999999999999999',
  ])('%s is refused', async (amount) => {
    const { status, body } = await send(amount);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: 'opportunity_amount' });
  });

  it('survive GET → change → PATCH of the whole text', async () => {
    const { body, text } = await send('123456789012.123456789');
    const changed = text.replace('"title":null', '"title":"x"');
    const answer = await service.api.patch(`/opportunity/${body.id}`, changed);
    expect(answer.body.title).toBe('x');
    expect(amountIn(answer.text)).toBe('123456789012.123456789');
  });

  it('are multiplied exactly', async () => {
    const { id } = await createOpportunity(service.api);
    const text = `{"opportunity_id":"${id}","qty":3,"rate":111111111111.111111111}`;
    const { text: answer } = await service.api.post('/opportunity-item', text);
    expect(/"amount":([^,]+),/.exec(answer)?.[1]).toBe('333333333333.333333333');
    expect((await service.api.get(`/opportunity/${id}`)).text).toContain('"total":333333333333.333333333,');
  });

  it('are only numbers outside of strings', async () => {
    const title = '12345678901234567890 and "99999999999999999999.5", \\';
    expect((await createOpportunity(service.api, { title })).title).toBe(title);
  });
});

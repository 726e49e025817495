import * as fc from 'fast-check';
import { parse } from 'lossless-json';
import type { Client, Json } from './support/client.js';
import type { Duck } from './support/duck.js';
import { copyDeal, createOpportunity, minimal } from './support/fixtures.js';
import { checkedImport, NDJSON_TYPE, ran } from './support/imports.js';
import { createPipeline, STAGES } from './support/pipelines.js';
import { duckOf, plainNumber, quotient, reportDeals, storeDeals } from './support/report-deals.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function report(api: Client, query: string): Promise<Json> {
  const { status, text, body } = await api.get(`/reports/${query}`);
  if (status !== 200) throw new Error(`${query}: ${status} ${text}`);
  return body;
}

/** The list finds the deals of every row. */
async function expectFilters(api: Client, rows: Json[]): Promise<void> {
  for (const { filter, count } of rows)
    expect([filter, (await api.get(`/opportunity?${filter}&limit=1`)).body.total]).toEqual([filter, count]);
}

describe('over eight deals', () => {
  let api: Client;
  const reasons = (...names: string[]): Json => ({ lost_reasons: names.map((lost_reason) => ({ lost_reason })) });
  const deals: Json[] = [
    { currency: 'EUR', opportunity_amount: 10000, probability: 10, expected_closing: '2001-01-31' },
    {
      status: 'Replied',
      currency: 'USD',
      opportunity_amount: 5000,
      conversion_rate: 0.92,
      probability: 50,
      expected_closing: '2099-01-15',
    },
    {
      status: 'Quotation',
      currency: 'JPY',
      opportunity_amount: 800000,
      conversion_rate: 0.0061,
      probability: 80,
      expected_closing: '2099-01-31',
    },
    { currency: 'EUR', opportunity_amount: 0.3, probability: 33.3 },
    { status: 'Converted', currency: 'EUR', opportunity_amount: 2000 },
    { status: 'Lost', currency: 'EUR', opportunity_amount: 7000, ...reasons('Price', 'Timing') },
    { status: 'Lost', currency: 'USD', opportunity_amount: 1000, conversion_rate: 0.92, ...reasons('Price') },
    { status: 'Closed', currency: 'EUR', opportunity_amount: 500 },
  ];
  beforeAll(async () => {
    api = await service.clientWith({ workspace: 'eight' });
    for (const deal of deals) await createOpportunity(api, { company: 'X', ...deal });
    await service.database.query(`update opportunity set won_at = '2026-11-30T23:30:00Z' where won_at is not null`);
  });

  it('the pipeline has what is open', async () => {
    const { data, totals } = await report(api, 'pipeline');
    expect(totals).toMatchObject({ count: 4, base: 19480.3, weighted: 7204.0999, rotten: 0 });
    expect(totals.by_currency).toEqual([
      { currency: 'EUR', count: 2, sum: 10000.3 },
      { currency: 'JPY', count: 1, sum: 800000 },
      { currency: 'USD', count: 1, sum: 5000 },
    ]);
    expect(data).toMatchObject([
      { pipeline_id: null, stage_id: null, key: 'Prospecting', label: 'Prospecting', count: 4 },
    ]);
    await expectFilters(api, data);
  });

  it('the forecast has it by month, with what is overdue and what was won', async () => {
    const { data, won, totals } = await report(api, 'forecast');
    expect(data).toMatchObject([
      { month: '2001-01', overdue: true, count: 1, base: 10000, weighted: 1000 },
      { month: '2099-01', overdue: false, count: 2, base: 9480, weighted: 6204 },
      { month: null, overdue: false, count: 1, base: 0.3, weighted: 0.0999 },
    ]);
    expect(won).toMatchObject([{ month: '2026-11', count: 1, base: 2000 }]);
    expect(totals).toMatchObject({ count: 4, base: 19480.3, won: { count: 1, base: 2000 } });
    await expectFilters(api, [...data, ...won]);
    expect((await report(api, 'forecast?timezone=Europe/Berlin')).won).toMatchObject([{ month: '2026-12' }]);
    const cut = await report(api, 'forecast?from=2099-01-20&expected_closing[lt]=2099-02-01');
    expect(cut.data).toMatchObject([{ month: '2099-01', count: 1 }]);
    await expectFilters(api, cut.data);
  });

  it('the win rate is that of won and lost deals', async () => {
    const { totals } = await report(api, 'win-rate');
    expect(totals).toEqual({
      won: { count: 1, base: 2000 },
      lost: { count: 2, base: 7920 },
      closed: { count: 1, base: 500 },
      rate_by_count: 0.333333333,
      rate_by_base: 0.201612903,
    });
  });

  it('a loss counts for each of its reasons, and once in the totals', async () => {
    const { data, by_stage, totals } = await report(api, 'losses');
    expect(data).toMatchObject([
      { lost_reason: 'Price', count: 2, base: 7920 },
      { lost_reason: 'Timing', count: 1, base: 7000 },
    ]);
    expect(by_stage).toEqual([{ sales_stage: null, count: 2, base: 7920 }]);
    expect(totals).toEqual({ count: 2, base: 7920 });
    await expectFilters(api, data);
  });

  it('changes add up to the last digit', async () => {
    const from = new Date().toISOString();
    const idOf = async (filter: string): Promise<string> => (await api.get(`/opportunity?${filter}`)).body.data[0].id;
    await api.patch(`/opportunity/${await idOf('expected_closing=2001-01-31')}`, { opportunity_amount: 9000 });
    await api.patch(`/opportunity/${await idOf('status=Replied')}`, { status: 'Converted' });
    await createOpportunity(api, { company: 'X', opportunity_amount: 50 });
    const { data, totals } = await report(api, `changes?from=${from}&to=2099-01-01`);
    expect(data.map(({ change, base }: Json) => [change, base])).toEqual([
      ['opening', 19480.3],
      ['new', 50],
      ['increased', 0],
      ['decreased', 1000],
      ['moved_in', 0],
      ['moved_out', 0],
      ['won', 4600],
      ['lost', 0],
      ['closed', 0],
    ]);
    expect(totals).toEqual({ count: 4, base: 13930.3 });
    expect((await report(api, `pipeline?at=${from}`)).totals).toMatchObject({ count: 4, base: 19480.3, rotten: null });
  });

  it.each([
    ['nothing', 404, undefined],
    ['pipeline?from=2024-01-01', 400, 'from'],
    ['pipeline?at=2999-01-01', 400, 'at'],
    ['losses?from=2024-02-01&to=2024-01-01', 400, 'from'],
    ['forecast?from=2024-02-01T00:00:00Z', 400, 'from'],
    ['win-rate?cohort=won', 400, 'cohort'],
    ['cycle?group_by=status', 400, 'group_by'],
    ['changes?from=2024-01-01', 400, 'to'],
    ['velocity?timezone=CET', 400, 'timezone'],
    ['cycle?limit=5', 400, 'limit'],
  ])('%s is %i', async (query, expected, param) => {
    const { status, body } = await api.get(`/reports/${query}`);
    expect([status, body.error.param]).toEqual([expected, param]);
  });
});

it('stages are shown in order, as they stand and as they stood, and passed in the funnel', async () => {
  const api = await service.clientWith({ workspace: 'stages' });
  const { id, stages } = await createPipeline(api);
  const made = [];
  for (const amount of [1, 2, 4]) made.push(await createOpportunity(api, { opportunity_amount: amount }));
  const before = (await report(api, 'pipeline')).as_of as string;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await api.post(`/opportunity/${made[1].id}/move`, { stage: 'B' });
  await api.post(`/opportunity/${made[2].id}/move`, { stage: 'Lost', lost_reasons: [{ lost_reason: 'Price' }] });
  await api.patch(`/opportunity/${made[0].id}`, { sales_stage: 'elsewhere' });
  const now = await report(api, 'pipeline');
  expect(now.data).toMatchObject([
    { pipeline_id: id, stage_id: stages['A'], key: 'A', count: 0, base: 0, average_days: null, by_currency: [] },
    { stage_id: stages['B'], key: 'B', count: 1, base: 2, weighted: 1 },
    { pipeline_id: null, stage_id: null, key: 'elsewhere', count: 1, base: 1 },
  ]);
  await expectFilters(api, now.data);
  expect((await report(api, `pipeline?at=${before}`)).data).toMatchObject([
    { key: 'A', count: 3, base: 7, weighted: 0.7, rotten: null, filter: null },
    { key: 'B', count: 0 },
  ]);
  expect((await report(api, 'funnel')).data).toEqual([
    { pipeline_id: id, stage_id: stages['A'], key: 'A', label: 'A', entered: 3, advanced: 1, rate: 0.333333333 },
    { pipeline_id: id, stage_id: stages['B'], key: 'B', label: 'B', entered: 1, advanced: 0, rate: 0 },
  ]);
  expect((await report(api, 'losses')).by_stage).toMatchObject([{ sales_stage: 'A', count: 1 }]);
  const forecast = await report(api, 'forecast');
  const by_category = [
    { forecast_category: 'best_case', count: 1, base: 2, weighted: 1 },
    { forecast_category: null, count: 1, base: 1, weighted: 0.1 },
  ];
  expect(forecast.data).toMatchObject([{ month: null, count: 2, base: 3, by_category }]);
  expect(forecast.totals).toMatchObject({ count: 2, base: 3, by_category });
});

it('a deal that was won before it came into a stage did not advance from there', async () => {
  const api = await service.clientWith({ workspace: 'reopened' });
  await createPipeline(api, { stages: STAGES.filter(({ key }) => key !== 'Won') });
  const { id } = await createOpportunity(api);
  await api.post(`/opportunity/${id}/convert`, undefined);
  const { won_at } = (await api.get(`/opportunity/${id}?fields=won_at`)).body;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await api.post(`/opportunity/${id}/reopen`, undefined);
  const window = `from=${new Date(Date.parse(won_at) + 1).toISOString()}`;
  expect((await report(api, `funnel?${window}`)).data[0]).toMatchObject({ key: 'A', entered: 1, advanced: 0 });
  expect((await report(api, 'funnel')).data[0]).toMatchObject({ key: 'A', entered: 1, advanced: 1 });
  await api.post(`/opportunity/${id}/convert`, undefined);
  expect((await report(api, `funnel?${window}`)).data[0]).toMatchObject({ key: 'A', entered: 1, advanced: 1 });
});

it('the funnel of very many deals is quick', async () => {
  const api = await service.clientWith({ workspace: 'many' });
  await createPipeline(api);
  const { id } = await createOpportunity(api);
  await copyDeal(service.database, id, 19_999);
  const { data } = await report(api, 'funnel');
  expect(data[0]).toMatchObject({ key: 'A', entered: 20_000, advanced: 0 });
}, 20_000);

describe('over random deals', () => {
  let api: Client;
  let duck: Duck;
  beforeAll(async () => {
    api = service.api;
    await storeDeals(service.database, reportDeals(90));
    duck = await duckOf(service.database, 'default');
  });
  afterAll(() => {
    duck.close();
  });

  const exact = async (query: string): Promise<Json> => {
    const { status, text } = await api.get(`/reports/${query}`);
    if (status !== 200) throw new Error(`${query}: ${text}`);
    return parse(text, undefined, plainNumber);
  };
  const FROM = '2025-02-01T00:00:00.000Z';
  const TO = '2026-06-01T00:00:00.000Z';
  const window = `ended_ms >= ${Date.parse(FROM)} and ended_ms < ${Date.parse(TO)}`;
  const query = `from=${FROM}&to=${TO}&company=X`;
  const base = (sum: string | null): string => quotient(sum ?? '0');

  it('win rates are those of another engine', async () => {
    const rows =
      await duck.query<Json>(`select strftime(make_timestamp(ended_ms * 1000), '%Y-%m') as month, status, count(*) as n,
      sum(base_opportunity_amount) as base from deals where ${window} and company = 'X' group by all order by month`);
    const of = (month: string | undefined, status: string): Json => {
      const found = rows.filter((row) => (month === undefined || row.month === month) && row.status === status);
      const count = String(found.reduce<number>((sum: number, row: Json) => sum + Number(row.n), 0));
      return { count, base: quotient(found.length === 0 ? '0' : found.map((row) => row.base as string)) };
    };
    const figures = (month?: string): Json => {
      const [won, lost, closed] = ['Converted', 'Lost', 'Closed'].map((status) => of(month, status));
      const ended = Number(won.count) + Number(lost.count);
      const both = quotient([won.base, lost.base]);
      return {
        ...{ won, lost, closed },
        rate_by_count: ended === 0 ? null : quotient(won.count, ended),
        rate_by_base: ended === 0 || both === '0' ? null : quotient(won.base, both),
      };
    };
    const { data, totals } = await exact(`win-rate?${query}`);
    const months = [...new Set(rows.map(({ month }) => month as string))];
    expect(data).toEqual(months.map((month) => ({ month, ...figures(month) })));
    expect(totals).toEqual(figures());
  });

  it('losses and cycles are those of another engine', async () => {
    const losses = await exact(`losses?${query}`);
    const expected = await duck.query<Json>(`select reason, count(*) as n, sum(base_opportunity_amount) as base
      from deals left join reasons using (id) where status = 'Lost' and ${window} and company = 'X'
      group by reason`);
    // The most first; then in the order of the list, in which é comes before P.
    const ranks = ['é', 'Price', 'Timing', null];
    expected.sort((a, b) => Number(b.n) - Number(a.n) || ranks.indexOf(a.reason) - ranks.indexOf(b.reason));
    expect(losses.data.map(({ filter: _filter, ...row }: Json) => row)).toEqual(
      expected.map((row) => ({ lost_reason: row.reason, count: String(row.n), base: base(row.base) })),
    );
    const { data } = await exact(`cycle?${query}`);
    const cycles =
      await duck.query<Json>(`select opportunity_owner, list(ended_ms - created_ms order by ended_ms - created_ms) as days
      from deals where status = 'Converted' and ${window} and company = 'X' group by 1 order by 1 nulls last`);
    expect(data).toEqual(
      cycles.map(({ opportunity_owner, days }) => {
        const n = days.length as number;
        const [low, tenths] = [Math.floor((9 * (n - 1)) / 10), (9 * (n - 1)) % 10];
        const steps = [...Array(10 - tenths).fill(days.at(low)), ...Array(tenths).fill(days.at(low + 1))] as string[];
        const middle = [days[Math.floor((n - 1) / 2)], days[Math.floor(n / 2)]] as string[];
        return {
          opportunity_owner,
          count: String(n),
          average_days: quotient(days, 86_400_000 * n),
          median_days: quotient(middle, 2 * 86_400_000),
          p90_days: quotient(steps, 10 * 86_400_000),
        };
      }),
    );
  });

  it('the velocity is that of another engine, from factors that are not rounded', async () => {
    const [found] =
      await duck.query<Json>(`select count(*) filter (where status in ('Open', 'Replied', 'Quotation')) as open,
        count(*) filter (where status = 'Converted' and ${window}) as won, count(*) filter (where status = 'Lost' and ${window}) as lost,
        list(base_opportunity_amount) filter (where status = 'Converted' and ${window}) as bases,
        list(ended_ms - created_ms) filter (where status = 'Converted' and ${window}) as days
      from deals where company = 'X'`);
    const { bases, days } = found as { bases: string[]; days: string[] };
    const [open, won, ended] = [Number(found?.open), Number(found?.won), Number(found?.won) + Number(found?.lost)];
    const billionths = BigInt(quotient(bases, '0.000000001'));
    const milliseconds = days.reduce((sum, each) => sum + BigInt(each), 0n);
    const dividend = billionths * BigInt(open * won * 86_400_000);
    expect((await exact(`velocity?${query}`)).totals).toEqual({
      open_count: String(open),
      average_won_base: quotient(bases, won),
      win_rate: quotient(String(won), ended),
      average_cycle_days: quotient(days, 86_400_000 * won),
      velocity: quotient(String(dividend), milliseconds * BigInt(ended) * 1_000_000_000n),
    });
  });

  it('the forecast is that of another engine, and its rows add up', async () => {
    const { data, totals } = await exact('forecast?company=X');
    const today = new Date().toISOString().slice(0, 10);
    const expected = await duck.query<Json>(`select substr(expected_closing, 1, 7) as month,
        coalesce(expected_closing < '${today}', false) as overdue, count(*) as n, sum(base_opportunity_amount) as base,
        sum(base_opportunity_amount::decimal(18,9) * probability::decimal(18,9)) as weighted
      from deals where status in ('Open', 'Replied', 'Quotation') and company = 'X' group by all order by month nulls last, overdue desc`);
    expect(
      data.map(({ month, overdue, count, base, weighted }: Json) => ({ month, overdue, count, base, weighted })),
    ).toEqual(
      expected.map(({ month, overdue, n, base: sum, weighted }) => ({
        ...{ month, overdue, count: String(n), base: base(sum), weighted: quotient(weighted, 100) },
      })),
    );
    expect(totals.base).toBe(quotient(data.map((row: Json) => row.base as string)));
    await expectFilters(
      api,
      data.map((row: Json) => ({ ...row, count: Number(row.count) })),
    );
  });
});

it('changes add up over random histories, with whatever filters', async () => {
  const api = await service.clientWith({ workspace: 'histories' });
  const dates = [null, '2027-01-15', '2027-05-15'];
  const change = fc.record({
    at: fc.nat(7),
    body: fc.oneof(
      fc.record({ opportunity_amount: fc.integer({ min: 0, max: 99_999 }).map((n) => n / 100) }),
      fc.record({ status: fc.constantFrom('Open', 'Replied', 'Converted', 'Lost', 'Closed') }),
      fc.record({ expected_closing: fc.constantFrom(...dates) }),
    ),
  });
  const isIn = (deal: Json, quarter: boolean): boolean =>
    ['Open', 'Replied', 'Quotation'].includes(deal.status) &&
    (!quarter || (deal.expected_closing !== null && deal.expected_closing < '2027-04-01'));
  const snapshot = async (): Promise<{ at: string; deals: Map<string, Json> }> => {
    const { data } = (await api.get('/opportunity?limit=100')).body;
    const [clock] = await service.database.query<{ now: string }>(
      `select to_char(clock_timestamp() + interval '2 ms', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now from pg_sleep(0.003)`,
    );
    await service.database.query('select pg_sleep(0.003)');
    return { at: clock?.now ?? '', deals: new Map((data as Json[]).map((deal) => [deal.id as string, deal])) };
  };
  const snapshots = [await snapshot()];
  for (const { at, body } of fc.sample(change, 40)) {
    const ids = [...(snapshots.at(-1)?.deals.keys() ?? [])];
    const id = ids[at];
    if (id === undefined) await createOpportunity(api, { opportunity_amount: 7.77, ...body });
    else await api.patch(`/opportunity/${id}`, body);
    snapshots.push(await snapshot());
  }
  const cents = (deal: Json): number => Math.round(deal.base_opportunity_amount * 100);
  for (const [i, j, quarter] of [
    [0, 40, false],
    [10, 40, true],
    [5, 25, false],
    [20, 30, true],
    [15, 16, false],
    [8, 38, true],
  ] as const) {
    const [first, last] = [snapshots[i], snapshots[j]] as [(typeof snapshots)[0], (typeof snapshots)[0]];
    const expected: Record<string, [number, number]> = {};
    const add = (name: string, amount: number): void => {
      const [count, base] = expected[name] ?? [0, 0];
      expected[name] = [count + 1, base + amount];
    };
    for (const [id, after] of last.deals) {
      const before = first.deals.get(id);
      const [was, is] = [before !== undefined && isIn(before, quarter), isIn(after, quarter)];
      if (was) add('opening', cents(before));
      if (is) add('closing', cents(after));
      if (was && is && cents(after) !== cents(before))
        add(cents(after) > cents(before) ? 'increased' : 'decreased', Math.abs(cents(after) - cents(before)));
      if (!was && is) add(before === undefined ? 'new' : 'moved_in', cents(after));
      const outcome = { Converted: 'won', Lost: 'lost', Closed: 'closed' }[after.status as string] ?? 'moved_out';
      if (was && !is) add(outcome, cents(before));
    }
    const filter = quarter ? '&expected_closing[lt]=2027-04-01' : '';
    const { data, totals } = await report(api, `changes?from=${first.at}&to=${last.at}${filter}`);
    const found = Object.fromEntries(
      [...data, { change: 'closing', ...totals }]
        .filter(({ count }: Json) => count > 0)
        .map(({ change: name, count, base }: Json) => [name, [count, Math.round(base * 100)]]),
    );
    expect(found).toEqual(expected);
  }
}, 120_000);

describe('the past of a deal', () => {
  it('has no days in a stage before it is known to have come into one', async () => {
    const api = await service.clientWith({ workspace: 'imported past' });
    await createPipeline(api);
    const row = { ...minimal, external_id: 'past', created_at: '2024-01-01', stage_entered_at: '2024-03-01' };
    const { id } = await checkedImport(api, { format: 'ndjson' }, JSON.stringify(row), NDJSON_TYPE);
    expect(await ran(api, id)).toMatchObject({ created: 1 });
    const at = async (day: string): Promise<Json> => (await report(api, `pipeline?at=${day}`)).totals;
    expect(await at('2024-02-01')).toMatchObject({ count: 1, average_days: null });
    expect(await at('2024-03-03')).toMatchObject({ count: 1, average_days: 2 });
  });

  it('has the currency that its amount had, for the filter as well', async () => {
    const api = await service.clientWith({ workspace: 'currencies' });
    const euros = { currency: 'EUR', opportunity_amount: 1000 };
    const { id } = await createOpportunity(api, euros);
    const before = (await report(api, 'pipeline')).as_of as string;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await api.patch(`/opportunity/${id}`, { currency: 'USD', opportunity_amount: 2000 });
    const to = new Date(Date.now() + 60_000).toISOString();
    const found = async (currency: string): Promise<Json> => {
      const { totals } = await report(api, `pipeline?at=${before}&currency=${currency}`);
      const { data } = await report(api, `changes?from=${before}&to=${to}&currency=${currency}`);
      const changes = (data as Json[]).flatMap(({ change, count, base }) => (count > 0 ? [[change, base]] : []));
      return [totals.by_currency, changes];
    };
    expect(await found('EUR')).toEqual([
      [{ currency: 'EUR', count: 1, sum: 1000 }],
      [
        ['opening', 1000],
        ['moved_out', 1000],
      ],
    ]);
    expect(await found('USD')).toEqual([[], [['moved_in', 2000]]]);
  });
});

it('a win rate over several companies has the rate of each', async () => {
  const api = await service.clientWith({ workspace: 'companies' });
  for (const [company, status, opportunity_amount] of [
    ['X', 'Converted', 100],
    ['X', 'Converted', 50],
    ['Y', 'Lost', 300],
    ['Y', 'Closed', 5],
  ])
    await createOpportunity(api, { company, status, opportunity_amount });
  const figures = {
    ...{ won: { count: 2, base: 150 }, lost: { count: 1, base: 300 }, closed: { count: 1, base: 5 } },
    ...{ rate_by_count: 0.666666667, rate_by_base: null, base_reason: 'several_companies' },
    by_company: [
      { company: 'X', count: 2, base: 150, rate_by_base: 1 },
      { company: 'Y', count: 1, base: 300, rate_by_base: 0 },
    ],
  };
  const { data, totals } = await report(api, 'win-rate');
  expect(data).toEqual([{ month: expect.any(String), ...figures }]);
  expect(totals).toEqual(figures);
});

it('texts have one order in the list, its groups and the reports', async () => {
  const api = await service.clientWith({ workspace: 'order' });
  const texts = [
    'Zürich',
    'a b',
    'apple',
    '10',
    'Éclair',
    'eclair',
    'Apple',
    'zebra',
    'é',
    '2',
    'ab',
    'Z',
    'a-b',
    '日本',
  ];
  for (const text of texts) {
    const { id } = await createOpportunity(api, { company: text, sales_stage: text });
    await api.post(`/opportunity/${id}/lose`, { lost_reasons: [{ lost_reason: text }] });
  }
  for (const text of texts) await createOpportunity(api, { company: text, sales_stage: text });
  const keys = (rows: Json[], name: string): string[] => rows.map((row) => row[name] as string);
  const list = await api.get('/opportunity?status=Open&sort=sales_stage&fields=sales_stage');
  const groups = await api.get('/opportunity/aggregate?group_by=sales_stage&measures=sum.base_total');
  const losses = await report(api, 'losses');
  const ordered = keys(list.body.data, 'sales_stage');
  expect(ordered.toSorted()).toEqual(texts.toSorted());
  const found = [
    groups.body.data.map((row: Json) => row.keys.sales_stage as string),
    keys(groups.body.totals.by_company, 'company'),
    ...[
      keys(losses.data, 'lost_reason'),
      keys(losses.by_stage, 'sales_stage'),
      keys(losses.totals.by_company, 'company'),
    ],
    keys((await report(api, 'pipeline')).data, 'key'),
  ];
  expect(found).toEqual(found.map(() => ordered));
});

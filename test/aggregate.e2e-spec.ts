import * as fc from 'fast-check';
import { parse } from 'lossless-json';
import type { Client, Json } from './support/client.js';
import type { Duck } from './support/duck.js';
import { createOpportunity } from './support/fixtures.js';
import {
  duckOf,
  localDay,
  periodKey,
  plainNumber,
  quotient,
  reportDeals,
  storeDeals,
  type ReportDeal,
} from './support/report-deals.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const total = async (filter: string): Promise<number> =>
  (await service.api.get(`/opportunity?${filter}&limit=1&fields=id`)).body.total as number;

describe('a group', () => {
  const deals: Json[] = [
    { status: 'Open', currency: 'EUR', opportunity_amount: 10000, probability: 10, expected_closing: '2026-01-31' },
    {
      currency: 'USD',
      opportunity_amount: 5000,
      conversion_rate: 0.92,
      probability: 50,
      expected_closing: '2027-01-15',
    },
    {
      currency: 'JPY',
      opportunity_amount: 800000,
      conversion_rate: 0.0061,
      probability: 80,
      expected_closing: '2027-01-31',
    },
    { currency: 'EUR', opportunity_amount: 0.3, probability: 33.3, sales_stage: 'prospecting' },
  ];
  let api: Client;
  const aggregate = async (query: string): Promise<Json> => {
    const { status, text, body } = await api.get(`/opportunity/aggregate?${query}`);
    if (status !== 200) throw new Error(`${query}: ${status} ${text}`);
    return body;
  };
  beforeAll(async () => {
    api = await service.clientWith({ workspace: 'fixture' });
    for (const deal of deals) await createOpportunity(api, { company: 'X', ...deal });
  });

  it('has its keys, measures, face values and filter', async () => {
    const measures = 'count,sum.base_opportunity_amount,sum.opportunity_amount';
    const query = `group_by=sales_stage,expected_closing.month&measures=${measures}&timezone=Europe/Berlin&expected_closing[gte]=2027-01-01`;
    const by_currency = [
      { currency: 'JPY', count: 1, sum: 800000 },
      { currency: 'USD', count: 1, sum: 5000 },
    ];
    const group = {
      count: 2,
      'sum.base_opportunity_amount': 9480,
      'sum.opportunity_amount': null,
      currency_reason: 'several_currencies',
      by_currency,
    };
    const filter = 'expected_closing[gte]=2027-01-01&sales_stage=Prospecting&expected_closing[lt]=2027-02-01';
    const keys = { sales_stage: 'Prospecting', 'expected_closing.month': '2027-01' };
    expect(await aggregate(query)).toEqual({
      data: [{ keys, ...group, filter }],
      has_more: false,
      total: 1,
      totals: group,
      timezone: 'Europe/Berlin',
      as_of: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      base_currency: null,
    });
  });

  it('keeps the tighter of two bounds in its filter', async () => {
    const { data } = await aggregate('group_by=expected_closing.month&expected_closing[gte]=2027-01-20');
    expect(data).toMatchObject([
      { count: 1, filter: 'expected_closing[gte]=2027-01-20&expected_closing[lt]=2027-02-01' },
    ]);
  });

  it('has no filter where that would be longer than a request may be, and otherwise one that works', async () => {
    const api = await service.clientWith({ workspace: 'long' });
    const texts = ['a'.repeat(10_000), 'é'.repeat(2000), 'é'.repeat(2100)];
    for (const address_display of texts) await createOpportunity(api, { address_display });
    const { data } = (await api.get('/opportunity/aggregate?group_by=address_display')).body;
    const filters = data.map(({ filter }: Json) => filter);
    expect(filters.map((filter: string | null) => filter?.length)).toEqual([10_016, 12_016, undefined]);
    expect(filters[2]).toBeNull();
    for (const filter of filters.slice(0, 2)) expect((await api.get(`/opportunity?${filter}`)).body.total).toBe(1);
  });

  it('is one without group_by, also where no deal matches', async () => {
    const values = { 'sum.total': 0, 'max.total': null, 'median.total': null };
    const { data, total, totals } = await aggregate('measures=sum.total,max.total,median.total&company=nobody');
    expect([data, total]).toEqual([[{ keys: {}, count: 0, ...values, by_currency: [], filter: 'company=nobody' }], 1]);
    expect(totals).toEqual({ count: 0, ...values, by_currency: [] });
  });

  it('is sorted by keys and measures, null last in either direction, and paged', async () => {
    const query = 'group_by=expected_closing.month&measures=max.base_opportunity_amount';
    const keysOf = async (more: string): Promise<Json> =>
      (await aggregate(`${query}&${more}`)).data.map(({ keys }: Json) => keys['expected_closing.month']);
    expect(await keysOf('sort=-expected_closing.month')).toEqual(['2027-01', '2026-01', null]);
    expect(await keysOf('sort=max.base_opportunity_amount')).toEqual([null, '2027-01', '2026-01']);
    expect(await keysOf('sort=-count')).toEqual(['2027-01', '2026-01', null]);
    expect(await aggregate(`${query}&limit=1&offset=1`)).toMatchObject({
      data: [{ keys: { 'expected_closing.month': '2027-01' } }],
      has_more: true,
      total: 3,
      totals: { count: 4 },
    });
    expect(await aggregate(`${query}&offset=3`)).toMatchObject({ data: [], has_more: false, total: 3 });
  });

  it('is filled up between the first and the last period, for each combination of the other keys', async () => {
    const query = 'group_by=expected_closing.quarter,sales_stage&fill=true&measures=sum.total,avg.total';
    const { data, total } = await aggregate(query);
    expect([total, data.length]).toEqual([11, 11]);
    const empty = data.filter(({ count }: Json) => count === 0);
    expect(empty).toHaveLength(8);
    const filter = 'expected_closing[gte]=2026-04-01&expected_closing[lt]=2026-07-01&sales_stage=Prospecting';
    expect(empty).toContainEqual({
      keys: { 'expected_closing.quarter': '2026-Q2', sales_stage: 'Prospecting' },
      count: 0,
      'sum.total': 0,
      'avg.total': null,
      by_currency: [],
      filter,
    });
    const tooMany = await api.get(
      '/opportunity/aggregate?group_by=expected_closing.day,sales_stage,created_at.day&fill=true',
    );
    expect(tooMany.status).toBe(400);
    await createOpportunity(api, { expected_closing: '2031-01-01', company: 'far' });
    const days = await api.get('/opportunity/aggregate?group_by=expected_closing.day&fill=true');
    expect(days).toMatchObject({ status: 400, body: { error: { param: 'fill' } } });
    await api.delete(`/opportunity/${(await api.get('/opportunity?company=far')).body.data[0].id}`);
  });

  it('weighs deals by the exact product', async () => {
    const three = await service.clientWith({ workspace: 'three' });
    for (let made = 0; made < 3; made++)
      await createOpportunity(three, { opportunity_amount: 0.01, probability: 33.333333333 });
    const { body } = await three.get('/opportunity/aggregate?measures=sum.weighted_amount,max.weighted_amount');
    expect(body.totals).toMatchObject({ 'sum.weighted_amount': 0.01, 'max.weighted_amount': 0.003333333 });
  });

  it('adds base amounts of several companies only where all share a currency', async () => {
    const two = await service.clientWith({ workspace: 'two' });
    for (const company of ['Y', 'X', 'Y']) await createOpportunity(two, { company, opportunity_amount: 10 });
    const query = '/opportunity/aggregate?measures=sum.base_opportunity_amount,max.opportunity_amount';
    expect((await two.get(query)).body).toMatchObject({
      base_currency: null,
      totals: {
        count: 3,
        'sum.base_opportunity_amount': null,
        'max.opportunity_amount': 10,
        base_reason: 'several_companies',
        by_company: [
          { company: 'X', count: 1, 'sum.base_opportunity_amount': 10 },
          { company: 'Y', count: 2, 'sum.base_opportunity_amount': 20 },
        ],
      },
    });
    const shared = await startService({ BASE_CURRENCY: 'EUR' }, { ...service.database, drop: () => Promise.resolve() });
    const { body } = await shared.clientAs(two.key).get(query);
    await shared.stop();
    expect(body).toMatchObject({ base_currency: 'EUR', totals: { 'sum.base_opportunity_amount': 30 } });
    expect(body.totals).not.toHaveProperty('base_reason');
  });

  it.each([
    ['group_by=opportunity_amount', 'group_by', 'sales_stage'],
    ['group_by=created_at', 'group_by', 'created_at.month'],
    ['group_by=status.month', 'group_by', 'only dates'],
    ['group_by=status,status', 'group_by', 'twice'],
    ['group_by=status&group_by=company', 'group_by', 'only once'],
    ['group_by=status,company,territory,city', 'group_by', 'at most 3'],
    ['measures=sum.status', 'measures', 'opportunity_amount'],
    ['measures=total', 'measures', 'count'],
    ['measures=count_distinct.total', 'measures', 'party_name'],
    ['measures=count_distinct.created_at.month', 'measures', 'count'],
    ['sort=-total', 'sort', 'count'],
    ['timezone=Mars/Base', 'timezone', 'Europe/Berlin'],
    ['fiscal_year_start=13', 'fiscal_year_start', '01 to 12'],
    ['fill=true', 'fill', 'exactly one date'],
    ['group_by=expected_closing,created_at.day&fill=true', 'fill', 'exactly one date'],
    ['limit=1001', 'limit', '1000'],
    ['starting_after=x', 'starting_after', 'not a parameter'],
    ['fields=id', 'fields', 'not a parameter'],
    ['expand=items', 'expand', 'not a parameter'],
    ['lost_reason[ne]=x', 'lost_reason[ne]', 'lost_reason[in]'],
    ['territory[gte]=x', 'territory[gte]', 'territory[contains]'],
  ])('is refused for %s', async (query, param, hint) => {
    const { status, body } = await api.get(`/opportunity/aggregate?${query}`);
    expect([status, body.error?.param]).toEqual([400, param]);
    expect(body.error.message).toContain(hint);
  });
});

describe('over random deals', () => {
  const DIMENSIONS = {
    status: { kind: 'text' },
    sales_stage: { kind: 'text' },
    territory: { kind: 'text' },
    company: { kind: 'text' },
    opportunity_owner: { kind: 'text' },
    lost_reason: { kind: 'reason' },
    expected_closing: { kind: 'date' },
    created_at: { kind: 'time' },
    won_at: { kind: 'time' },
  } as const;
  type Name = keyof typeof DIMENSIONS;
  const PERIODS = ['day', 'week', 'month', 'quarter', 'year', 'fiscal_quarter', 'fiscal_year'];
  const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia'];
  const QUANTITIES: Record<string, { sql: string; divisor: string; unit?: 'currency' | 'base' }> = {
    opportunity_amount: { sql: 'opportunity_amount', divisor: '1', unit: 'currency' },
    base_opportunity_amount: { sql: 'base_opportunity_amount', divisor: '1', unit: 'base' },
    weighted_amount: {
      sql: 'base_opportunity_amount::decimal(18,9) * probability::decimal(18,9)',
      divisor: '100',
      unit: 'base',
    },
    first_response_time: { sql: 'first_response_time', divisor: '1' },
    cycle_days: { sql: `case when status = 'Converted' then ended_ms - created_ms end`, divisor: '86400000' },
  };
  const FUNCTIONS = ['sum', 'avg', 'min', 'max', 'median'];
  const FILTERS = [
    '',
    'status[in]=Open,Lost,Converted',
    'expected_closing[gte]=2026-01-15&created_at[lt]=2026-03-01',
    'territory[is_null]=false&territory[ne]=a',
    'lost_reason=Price',
    'lost_reason[in]=Price,Timing&lost_reason[is_null]=false',
    'filter=lost_reason:Price,company:X&lost_reason=%C3%A9',
    'company=X',
  ];

  const groupBy = fc.uniqueArray(
    fc.tuple(fc.constantFrom(...(Object.keys(DIMENSIONS) as Name[])), fc.constantFrom(...PERIODS)),
    { maxLength: 3, selector: ([name]) => name },
  );
  const question = fc.record({
    groupBy,
    measures: fc.uniqueArray(fc.tuple(fc.constantFrom(...FUNCTIONS), fc.constantFrom(...Object.keys(QUANTITIES))), {
      maxLength: 4,
      selector: ([name, of]) => `${name}.${of}`,
    }),
    zone: fc.constantFrom(...ZONES),
    fiscal: fc.integer({ min: 1, max: 12 }),
    filter: fc.constantFrom(...FILTERS),
  });

  let deals: Map<string, ReportDeal>;
  let duck: Duck;
  beforeAll(async () => {
    const made = reportDeals(90);
    await storeDeals(service.database, made);
    deals = new Map(made.map((deal) => [String(deal.row['id']), deal]));
    duck = await duckOf(service.database);
  });
  afterAll(() => {
    duck.close();
  });

  /** The keys of a deal, one for each of its reasons. */
  function keysOf(
    name: Name,
    period: string,
    zone: string,
    fiscal: number,
    { row, reasons }: ReportDeal,
    named: string[],
  ) {
    const value = (row[name] ?? null) as string | null;
    switch (DIMENSIONS[name].kind) {
      case 'reason': {
        const groups = named.length === 0 ? reasons : reasons.filter((reason) => named.includes(reason));
        return groups.length === 0 ? [null] : [...groups];
      }
      case 'date':
        return [value && periodKey(value, period, fiscal)];
      case 'time':
        return [value && periodKey(localDay(value, zone), period, fiscal)];
      default:
        return [value === null ? null : value.normalize()];
    }
  }

  it('is what another engine computes, and each row and its filter have the same deals', async () => {
    await fc.assert(
      fc.asyncProperty(question, async (asked) => {
        const names = asked.groupBy.map(([name, period]) =>
          DIMENSIONS[name].kind === 'date' || DIMENSIONS[name].kind === 'time' ? `${name}.${period}` : name,
        );
        const measures = asked.measures.map(([name, of]) => `${name}.${of}`);
        const query = [
          ...(names.length > 0 ? [`group_by=${names.join(',')}`] : []),
          `measures=${['count', ...measures].join(',')}`,
          `timezone=${asked.zone}&fiscal_year_start=${String(asked.fiscal).padStart(2, '0')}&limit=1000`,
          asked.filter,
        ].join('&');
        const { status, text } = await service.api.get(`/opportunity/aggregate?${query}`);
        if (status !== 200) throw new Error(`${query}: ${text}`);
        const answer = parse(text, undefined, plainNumber) as Json;

        const matching = (await service.api.get(`/opportunity?${asked.filter}&fields=id&limit=100`)).body
          .data as Json[];
        const named = asked.filter.includes('lost_reason')
          ? ['Price', 'Timing', 'é'].filter((reason) => decodeURIComponent(asked.filter).includes(reason))
          : [];
        const rows = matching.flatMap(({ id }) => {
          const deal = deals.get(id as string) as ReportDeal;
          let keys: (string | null)[][] = [[]];
          for (const [name, period] of asked.groupBy) {
            const own = keysOf(name, period, asked.zone, asked.fiscal, deal, named);
            keys = keys.flatMap((earlier) => own.map((key) => [...earlier, key]));
          }
          return keys.map((key) => ({ id: id as string, key: JSON.stringify(key) }));
        });
        const expected = await expectedGroups(rows, asked.measures);
        if (names.length === 0 && expected.size === 0) expected.set('[]', emptyGroup(measures));
        const found = (answer.data as Json[]).map((row) => [
          JSON.stringify(names.map((name) => row.keys[name])),
          comparable(row, measures),
        ]);
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
        expect(found.length).toBe(expected.size);
        expect(Number(answer.total)).toBe(expected.size);
        expect(Number(answer.totals.count)).toBe(matching.length);
        const orders = (answer.data as Json[]).map((row) => names.map((name) => row.keys[name]));
        expect(orders).toEqual(orders.toSorted(byKeys));
        for (const row of answer.data as Json[])
          expect([row, await total(row.filter)]).toEqual([row, Number(row.count)]);
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it('counts the different values of each attribute, and no missing one', async () => {
    const names = Object.keys(DIMENSIONS) as Name[];
    const measures = names.map((name) => `count_distinct.${name}`);
    const { body } = await service.api.get(
      `/opportunity/aggregate?group_by=status&measures=${measures.join(',')}&limit=1000`,
    );
    const groups = [...body.data, { ...body.totals, keys: {} }] as Json[];
    for (const { keys, ...row } of groups) {
      const inGroup = [...deals.values()].filter(({ row: { status } }) => [undefined, status].includes(keys.status));
      for (const [at, name] of names.entries()) {
        const values = inGroup.flatMap((deal) =>
          DIMENSIONS[name].kind === 'time' ? [deal.row[name]] : keysOf(name, 'day', 'UTC', 1, deal, []),
        );
        const isMissing = (value: unknown): boolean => value === null || value === undefined;
        const expected = new Set(values.filter((value) => !isMissing(value))).size;
        expect([keys, name, row[measures[at] ?? '']]).toEqual([keys, name, expected]);
      }
    }
  });

  async function expectedGroups(
    rows: { id: string; key: string }[],
    measures: readonly (readonly [string, string])[],
  ): Promise<Map<string, Json>> {
    if (rows.length === 0) return new Map();
    const values = rows.map(({ id, key }) => `('${id}', '${key.replaceAll("'", "''")}')`).join(', ');
    const lists = measures.map(
      (
        [, of],
        at,
      ) => `list(${QUANTITIES[of]?.sql ?? ''} order by ${QUANTITIES[of]?.sql ?? ''}) filter (where (${QUANTITIES[of]?.sql ?? ''}) is not null) as l${at},
        sum(${QUANTITIES[of]?.sql ?? ''}) as s${at}`,
    );
    const groups = await duck.query<Json>(`with keyed(id, key) as (values ${values})
      select key, ${['count(*) as n', "count(distinct coalesce(currency, '-')) as currencies", 'count(distinct company) as companies', ...lists].join(', ')}
      from keyed join deals using (id) group by key`);
    const money = await duck.query<Json>(`with keyed(id, key) as (values ${values})
      select key, currency, count(*) as count, sum(opportunity_amount) as sum from keyed join deals using (id)
      group by key, currency order by currency nulls last`);
    return new Map(
      groups.map((group) => {
        const figures = measures.map(([name, of], at) => {
          const { divisor, unit } = QUANTITIES[of] as { divisor: string; unit?: string };
          const several = unit === 'currency' ? group.currencies > 1 : unit === 'base' && group.companies > 1;
          return [`${name}.${of}`, several ? null : valueOf(name, group[`l${at}`] ?? [], group[`s${at}`], divisor)];
        });
        const by_currency = money
          .filter(({ key }) => key === group.key)
          .map(({ currency, count, sum }) => ({ currency, count: String(count), sum: quotient(sum) }));
        return [group.key as string, { count: String(group.n), ...Object.fromEntries(figures), by_currency }];
      }),
    );
  }

  function valueOf(name: string, sorted: string[], sum: string | null, divisor: string): string | null {
    if (name === 'sum') return quotient(sum ?? '0', divisor);
    if (sorted.length === 0) return null;
    const at = (index: number): string => String(sorted[index]);
    if (name === 'avg') return quotient(String(sum), BigInt(divisor) * BigInt(sorted.length));
    if (name === 'min') return quotient(at(0), divisor);
    if (name === 'max') return quotient(at(sorted.length - 1), divisor);
    return quotient([at(Math.floor((sorted.length - 1) / 2)), at(Math.floor(sorted.length / 2))], 2n * BigInt(divisor));
  }

  function emptyGroup(measures: readonly string[]): Json {
    const values = measures.map((name) => [name, name.startsWith('sum.') ? '0' : null]);
    return { count: '0', ...Object.fromEntries(values), by_currency: [] };
  }

  /** What is compared of a row, with numbers as texts. */
  function comparable(row: Json, measures: readonly string[]): Json {
    const { count, by_currency } = row;
    return { count, ...Object.fromEntries(measures.map((name) => [name, row[name]])), by_currency };
  }
});

/** By code point, null last, key by key. */
/** As the list sorts. */
const { compare: compareTexts } = new Intl.Collator('en');

function byKeys(a: (string | null)[], b: (string | null)[]): number {
  for (const [at, x] of a.entries()) {
    const y = b[at] ?? null;
    if (x === y) continue;
    if (x === null || y === null) return x === null ? 1 : -1;
    return compareTexts(x, y) || Buffer.compare(Buffer.from(x), Buffer.from(y));
  }
  return 0;
}

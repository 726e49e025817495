import * as fc from 'fast-check';
import type { TestDatabase } from './database.js';
import { Duck } from './duck.js';
import { storeRows, type Row } from './list-model.js';

/* Deals that differ in all that reports look at, and what another engine and plain JavaScript say of them. */

export interface ReportDeal {
  row: Row;
  reasons: readonly string[];
}

/** Half past eleven in London is another day in Berlin; the last ones are about the change of the clocks. */
const MOMENTS = [
  '2024-12-31T23:30:00.000Z',
  '2025-03-30T00:59:59.999Z',
  '2025-10-26T01:30:00.000Z',
  '2026-01-01T00:00:00.000Z',
  '2026-03-31T22:00:00.000Z',
];
const TEXTS = ['a', 'A', 'a ', '', 'é', 'e\u0301', 'A,B', 'B&C="d"', '😀'];
const amount = fc.integer({ min: -5_000_000, max: 50_000_000 }).map((n) => n / 1000);

const deal: fc.Arbitrary<ReportDeal> = fc
  .record({
    status: fc.constantFrom('Open', 'Replied', 'Quotation', 'Converted', 'Converted', 'Lost', 'Lost', 'Closed'),
    currency: fc.constantFrom('EUR', 'EUR', 'USD', null),
    company: fc.constantFrom('X', 'X', 'X', 'Y'),
    opportunity_amount: amount,
    conversion_rate: fc.constantFrom(1, 0.92, 0.0061, 83.123456789),
    probability: fc.constantFrom(0, 10, 33.3, 33.333333333, 100),
    expected_closing: fc.constantFrom(
      null,
      '2025-12-29',
      '2026-01-31',
      '2026-02-28',
      '2099-01-04',
      '9999-01-31',
      '0001-01-01',
    ),
    sales_stage: fc.constantFrom('Demo', 'demo', 'Offer'),
    territory: fc.constantFrom(null, ...TEXTS),
    opportunity_owner: fc.constantFrom(null, 'Ann', 'Bob'),
    opportunity_type: fc.constantFrom(null, 'Sales'),
    first_response_time: fc.constantFrom(null, 0, 1, 2_147_483_647),
    created_at: fc.constantFrom(...MOMENTS),
    days: fc.integer({ min: 0, max: 90_000_000_000 }),
    reasons: fc.subarray(['Price', 'Timing', 'é']),
  })
  .map(({ reasons, days, ...row }) => {
    const ended = new Date(Date.parse(row.created_at) + days).toISOString();
    const at = (status: string): string | null => (row.status === status ? ended : null);
    const times = { won_at: at('Converted'), lost_at: at('Lost'), closed_at: at('Closed') };
    const state = {
      stage_entered_at: row.created_at,
      probability_source: 'manual',
      version: 1,
      total: 0,
      base_total: 0,
    };
    return { row: { ...row, ...times, ...state, updated_at: ended }, reasons };
  });

export const reportDeals = (length: number, seed?: number): ReportDeal[] =>
  fc.sample(deal, { numRuns: length, ...(seed !== undefined && { seed }) }).map(({ row, reasons }, at) => ({
    row: { id: `opportunity_${String(at).padStart(26, '0')}`, ...row },
    reasons,
  }));

export async function storeDeals(database: TestDatabase, deals: readonly ReportDeal[]): Promise<void> {
  await storeRows(
    database,
    deals.map(({ row }) => row),
  );
  for (const { row, reasons } of deals)
    for (const [at, reason] of reasons.entries())
      await database.query(
        `insert into opportunity_lost_reason_detail (workspace_id, id, idx, opportunity_id, lost_reason)
         select workspace_id, $1, $2, id, $3 from opportunity where id = $4`,
        [`${String(row['id'])}_${at}`, at + 1, reason, row['id']],
      );
}

const COLUMNS = {
  id: 'varchar',
  status: 'varchar',
  currency: 'varchar',
  company: 'varchar',
  sales_stage: 'varchar',
  opportunity_owner: 'varchar',
  opportunity_type: 'varchar',
  expected_closing: 'varchar',
  opportunity_amount: 'decimal(21,9)',
  base_opportunity_amount: 'decimal(21,9)',
  probability: 'decimal(21,9)',
  first_response_time: 'decimal(21,9)',
  created_ms: 'bigint',
  ended_ms: 'bigint',
};

/** The other engine, with the deals as PostgreSQL has them. */
export async function duckOf(database: TestDatabase, workspace = 'default'): Promise<Duck> {
  const rows = await database.query<Row>(`select o.*, expected_closing::text, opportunity_amount::text,
      base_opportunity_amount::text, probability::text, (extract(epoch from created_at) * 1000)::bigint::text as created_ms,
      (extract(epoch from coalesce(won_at, lost_at, closed_at)) * 1000)::bigint::text as ended_ms
    from opportunity o where o.workspace_id = (select id from workspace where name = '${workspace}') order by id`);
  const reasons = await database.query<Row>(
    'select opportunity_id as id, normalize(lost_reason) as reason from opportunity_lost_reason_detail',
  );
  return Duck.of({
    deals: { columns: COLUMNS, rows },
    reasons: { columns: { id: 'varchar', reason: 'varchar' }, rows: reasons },
  });
}

/** The day in a time zone. */
export function localDay(moment: string, zone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    Date.parse(moment),
  );
}

/** The text that names the period that a day is in. */
export function periodKey(day: string, period: string, fiscalYearStart = 1): string {
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7));
  const four = (n: number): string => String(n).padStart(4, '0');
  const quarter = (n: number): string => `Q${Math.ceil(n / 3)}`;
  const fiscalMonth = ((month - fiscalYearStart + 12) % 12) + 1;
  const fiscalYear = `FY${four(fiscalYearStart > 1 && month >= fiscalYearStart ? year + 1 : year)}`;
  switch (period) {
    case 'week':
      return isoWeek(day);
    case 'month':
      return day.slice(0, 7);
    case 'quarter':
      return `${four(year)}-${quarter(month)}`;
    case 'year':
      return four(year);
    case 'fiscal_quarter':
      return `${fiscalYear}-${quarter(fiscalMonth)}`;
    case 'fiscal_year':
      return fiscalYear;
    default:
      return day;
  }
}

/** A week is in the year of its Thursday. */
function isoWeek(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const first = new Date(date);
  first.setUTCMonth(0, 1);
  const week = Math.ceil(((date.getTime() - first.getTime()) / 86_400_000 + 1) / 7);
  return `${String(date.getUTCFullYear()).padStart(4, '0')}-W${String(week).padStart(2, '0')}`;
}

const NANO = 10n ** 9n;

/** A decimal text with up to 18 places as a whole number of the last of them. */
function scaled(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(18, '0'));
  return text.startsWith('-') ? -value : value;
}

/** A sum divided, rounded half away from zero to nine places, as a text without closing zeros. */
export function quotient(terms: string | readonly string[], by: string | bigint | number = '1'): string {
  let dividend = [terms].flat().reduce((sum, term) => sum + scaled(term), 0n) * NANO;
  let divisor = scaled(String(by));
  if (divisor < 0n) [dividend, divisor] = [-dividend, -divisor];
  const size = dividend < 0n ? -dividend : dividend;
  const rounded = (2n * size + divisor) / (2n * divisor);
  const digits = String(rounded).padStart(10, '0');
  const text = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '');
  return dividend < 0n && rounded !== 0n ? `-${text}` : text;
}

/** A number of an answer as a text without an exponent. */
export function plainNumber(text: string): string {
  return text.includes('e') ? quotient(Number(text).toFixed(9)) : text;
}

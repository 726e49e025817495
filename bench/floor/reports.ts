import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { DEFINITIONS } from '../../src/crm/reports/definitions.js';
import { answer } from './answers.js';
import { BY_STAGE, FORECAST } from './report-statements.js';

interface Cell {
  count: number;
  amount: unknown;
  base: unknown;
  currency: string | null;
  as_of: string;
}

interface StageCell extends Cell {
  sales_stage: string;
  /** Is it of all stages, of all currencies? */
  all_stages: number;
  all_currencies: number;
}

interface ForecastCell extends Cell {
  is_won: boolean;
  /** Which of month, category and currency it is not told apart by, as bits. */
  level: number;
  month: string | null;
  until: string | null;
  overdue: boolean;
  today: string;
  forecast_category: string | null;
  weighted: unknown;
}

const LEVEL = { month: 4, category: 2, currency: 1 } as const;
const ONE_MONTH = LEVEL.category + LEVEL.currency;
const ALL = LEVEL.month + ONE_MONTH;

/** What every report has of the same deals: they are of one company, or their base amounts are not added. */
export function serveReports(app: FastifyInstance, pool: pg.Pool): void {
  app.get('/api/crm/opportunity/aggregate', async ({ workspaceId }, reply) => {
    const { rows } = await pool.query<StageCell>({ ...BY_STAGE, values: [workspaceId] });
    return answer(reply, aggregateOf(rows));
  });

  app.get('/api/crm/reports/forecast', async ({ workspaceId }, reply) => {
    const { rows } = await pool.query<ForecastCell>({ ...FORECAST, values: [workspaceId] });
    return answer(reply, forecastOf(rows));
  });
}

const byCurrency = (cells: readonly Cell[]): object[] =>
  cells.map(({ currency, count, amount: sum }) => ({ currency, count, sum }));

function aggregateOf(cells: readonly StageCell[]): object {
  const measured = ({ count, base }: StageCell, parts: readonly StageCell[]): object => ({
    count,
    'sum.base_opportunity_amount': base,
    by_currency: byCurrency(parts),
  });
  const stages = cells.filter((cell) => cell.all_stages === 0 && cell.all_currencies === 1);
  const partsOf = (stage?: string): StageCell[] =>
    cells.filter(
      ({ all_stages, all_currencies, sales_stage }) =>
        all_currencies === 0 && (stage === undefined ? all_stages === 1 : all_stages === 0 && sales_stage === stage),
    );
  const [totals] = cells.filter((cell) => cell.all_stages === 1 && cell.all_currencies === 1);
  if (totals === undefined) throw new Error('The totals are always there.');
  return {
    data: stages.map((cell) => ({
      keys: { sales_stage: cell.sales_stage },
      ...measured(cell, partsOf(cell.sales_stage)),
      filter: `sales_stage=${encodeURIComponent(cell.sales_stage)}`,
    })),
    has_more: false,
    total: stages.length,
    totals: measured(totals, partsOf()),
    timezone: 'UTC',
    as_of: totals.as_of,
    base_currency: null,
  };
}

function forecastOf(rows: readonly ForecastCell[]): object {
  const cells = rows.filter(({ is_won }) => !is_won);
  const won = rows.filter(({ is_won }) => is_won);
  const at = (list: readonly ForecastCell[], level: number): ForecastCell[] =>
    list.filter((row) => row.level === level);
  const ofMonth = (list: readonly ForecastCell[], { month, overdue }: ForecastCell): ForecastCell[] =>
    list.filter((row) => row.month === month && row.overdue === overdue);
  const figures = ({ count, base, weighted }: ForecastCell): object => ({ count, base, weighted });
  const values = (cell: ForecastCell, currencies: readonly Cell[], categories: readonly ForecastCell[]): object => ({
    ...figures(cell),
    by_currency: byCurrency(currencies),
    by_category: categories.map((row) => ({ forecast_category: row.forecast_category, ...figures(row) })),
  });
  const [totals] = at(cells, ALL);
  const [wonTotals] = at(won, ALL);
  if (totals === undefined || wonTotals === undefined) throw new Error('The totals are always there.');
  const [byMonthAndCurrency, byMonthAndCategory] = [at(cells, LEVEL.category), at(cells, LEVEL.currency)];
  return {
    report: 'forecast',
    from: null,
    to: null,
    timezone: 'UTC',
    as_of: totals.as_of,
    base_currency: null,
    definitions: DEFINITIONS.forecast,
    data: at(cells, ONE_MONTH).map((cell) => ({
      month: cell.month?.slice(0, 7) ?? null,
      overdue: cell.overdue,
      ...values(cell, ofMonth(byMonthAndCurrency, cell), ofMonth(byMonthAndCategory, cell)),
      filter: openFilter(cell),
    })),
    won: at(won, ONE_MONTH).map(({ month, until, count, base }) => ({
      month: month?.slice(0, 7) ?? null,
      count,
      base,
      filter: `status=Converted&won_at[gte]=${month}T00:00:00.000Z&won_at[lt]=${until}T00:00:00.000Z`,
    })),
    totals: {
      ...values(totals, at(cells, LEVEL.month + LEVEL.category), at(cells, LEVEL.month + LEVEL.currency)),
      won: { count: wonTotals.count, base: wonTotals.base },
    },
  };
}

function openFilter({ month, until, overdue, today }: ForecastCell): string {
  const open = 'status[in]=Open%2CReplied%2CQuotation';
  const counted = 'forecast_category[ne]=omitted';
  if (month === null || until === null) return `${open}&expected_closing[is_null]=true&${counted}`;
  const from = overdue || month > today ? month : today;
  const to = overdue && until > today ? today : until;
  return `${open}&expected_closing[gte]=${from}&expected_closing[lt]=${to}&${counted}`;
}

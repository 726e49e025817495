import type { CurrencyAmount, Pipeline } from '../types.js';
import { money } from '../words.js';

/* The reports that the page shows: their questions, and the columns of their tables. */

export interface Amounts {
  count: number;
  base: number | null;
  weighted?: number | null;
}

/** A row of any report; each has only some of these. */
export interface Row extends Amounts {
  label?: string;
  pipeline_id?: string | null;
  month?: string | null;
  overdue?: boolean;
  average_days?: number | null;
  rotten?: number | null;
  by_currency?: CurrencyAmount[];
  by_category?: (Amounts & { forecast_category: string | null })[];
  won?: Amounts;
  lost?: Amounts;
  closed?: Amounts;
  rate_by_count?: number | null;
  rate_by_base?: number | null;
  lost_reason?: string | null;
  sales_stage?: string | null;
  entered?: number;
  advanced?: number;
  rate?: number | null;
  change?: string;
  filter?: string | null;
}

export interface Report {
  definitions: Record<string, string>;
  data: Row[];
  totals: Row;
  base_currency: string | null;
  as_of: string;
  timezone: string;
  won?: Row[];
  by_stage?: Row[];
}

export type Unit = 'text' | 'money' | 'count' | 'days' | 'share';

export interface TableColumn {
  header: string;
  unit: Unit;
  value: (row: Row) => string | number | null | undefined;
}

export interface ReportKind {
  name: string;
  title: string;
  /** Which window it takes. */
  window: 'none' | 'open' | 'required';
  columns: readonly TableColumn[];
}

const COUNT: TableColumn = { header: 'Deals', unit: 'count', value: ({ count }) => count };
/** Amounts of several companies are not added: those of the currencies stand in their place. */
const BASE: TableColumn = {
  header: 'Amount',
  unit: 'money',
  value: ({ base, by_currency }) =>
    base === null ? by_currency?.map(({ currency, sum }) => money(sum, currency)).join(', ') : base,
};
const WEIGHTED: TableColumn = { header: 'Weighted', unit: 'money', value: ({ weighted }) => weighted };

export const REPORTS: readonly ReportKind[] = [
  {
    name: 'pipeline',
    title: 'Pipeline',
    window: 'none',
    columns: [
      { header: 'Stage', unit: 'text', value: ({ label }) => label },
      COUNT,
      BASE,
      WEIGHTED,
      { header: 'Days in stage', unit: 'days', value: ({ average_days }) => average_days },
      { header: 'Rotten', unit: 'count', value: ({ rotten }) => rotten },
    ],
  },
  {
    name: 'forecast',
    title: 'Forecast',
    window: 'open',
    columns: [{ header: 'Closing', unit: 'text', value: monthOf }, COUNT, BASE, WEIGHTED],
  },
  {
    name: 'win-rate',
    title: 'Win rate',
    window: 'open',
    columns: [
      { header: 'Month', unit: 'text', value: monthOf },
      { header: 'Won', unit: 'count', value: ({ won }) => won?.count },
      { header: 'Lost', unit: 'count', value: ({ lost }) => lost?.count },
      { header: 'Closed', unit: 'count', value: ({ closed }) => closed?.count },
      { header: 'Won amount', unit: 'money', value: ({ won }) => won?.base },
      { header: 'Lost amount', unit: 'money', value: ({ lost }) => lost?.base },
      { header: 'Rate by number', unit: 'share', value: ({ rate_by_count }) => rate_by_count },
      { header: 'Rate by amount', unit: 'share', value: ({ rate_by_base }) => rate_by_base },
    ],
  },
  {
    name: 'losses',
    title: 'Losses',
    window: 'open',
    columns: [{ header: 'Reason', unit: 'text', value: ({ lost_reason }) => lost_reason ?? 'No reason' }, COUNT, BASE],
  },
  {
    name: 'funnel',
    title: 'Funnel',
    window: 'open',
    columns: [
      { header: 'Stage', unit: 'text', value: ({ label }) => label },
      { header: 'Entered', unit: 'count', value: ({ entered }) => entered },
      { header: 'Went on', unit: 'count', value: ({ advanced }) => advanced },
      { header: 'Rate', unit: 'share', value: ({ rate }) => rate },
    ],
  },
  {
    name: 'changes',
    title: 'Changes',
    window: 'required',
    columns: [{ header: 'Change', unit: 'text', value: ({ change = '' }) => CHANGES[change] ?? change }, COUNT, BASE],
  },
];

export const CHANGES: Record<string, string> = {
  opening: 'Open before',
  new: 'New',
  increased: 'Increased',
  decreased: 'Decreased',
  moved_in: 'Moved in',
  moved_out: 'Moved out',
  won: 'Won',
  lost: 'Lost',
  closed: 'Closed',
  closing: 'Open after',
};

/** How a change counts in the sum of the open deals. */
export const SIGNS: Record<string, 1 | -1> = {
  new: 1,
  increased: 1,
  decreased: -1,
  moved_in: 1,
  moved_out: -1,
  won: -1,
  lost: -1,
  closed: -1,
};

export function monthOf({ month, overdue }: Row): string {
  if (month === null || month === undefined) return 'No date';
  return overdue === true ? `${month} overdue` : month;
}

/** Stages of several pipelines have the names of their pipelines before their own. */
export function withPipelines(report: Report, pipelines: readonly Pipeline[]): Report {
  const isMixed = new Set(report.data.map(({ pipeline_id }) => pipeline_id)).size > 1;
  const nameOf = (row: Row): string | undefined => pipelines.find(({ id }) => id === row.pipeline_id)?.name;
  const named = (row: Row): Row => {
    const name = nameOf(row);
    return name === undefined ? row : { ...row, label: `${name}: ${row.label ?? ''}` };
  };
  return isMixed ? { ...report, data: report.data.map(named) } : report;
}

/** The table as CSV; texts that a spreadsheet would run are kept from it. */
export function csvOf(kind: ReportKind, rows: readonly Row[]): string {
  const lines = [
    kind.columns.map(({ header }) => header),
    ...rows.map((row) => kind.columns.map(({ value }) => value(row) ?? '')),
  ];
  return lines.map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('');
}

function cellOf(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^'*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

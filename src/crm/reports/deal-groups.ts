import type { Call, Decimal, Placeholder } from '../../common/index.js';
import { AggregateStatement, type AggregateQuestion, type DealSource } from './aggregate.sql.js';
import type { Measure } from './measures.js';
import type { GroupKey } from './row-filter.js';
import { runReport } from './run-report.js';

/** The face value of deals in one currency. */
export interface CurrencyAmount {
  currency: string | null;
  count: number;
  sum: Decimal;
}

/** The deals of one company; beside these keys it has the measures of base amounts that were asked for. */
export interface CompanyFigures {
  company: string;
  count: number;
  base?: Decimal | undefined;
}

/** What is known of a group of deals; beside these keys it has the measures that were asked for. */
export interface Group {
  count: number;
  currency_reason?: 'several_currencies';
  base_reason?: 'several_companies';
  by_company?: CompanyFigures[];
  by_currency: CurrencyAmount[];
}

export interface KeyedGroup {
  keys: GroupKey[];
  group: Group;
}

export interface DealGroups {
  /** The groups of the page. */
  rows: KeyedGroup[];
  /** The groups of each further level, in which the other keys are null. */
  levels: KeyedGroup[][];
  /** All deals as one group. */
  totals: Group;
  /** The number of all groups. */
  total: number;
  as_of: string;
}

/** A row as the statement answers it: besides the named columns `key0`, `from0`, `until0`, `m0` and so on. */
interface FoundRow extends Record<string, unknown> {
  level: number;
  total: number;
  as_of: string;
  count: number;
  several_currencies: boolean;
  several_companies: boolean;
  by_currency: CurrencyAmount[];
  by_company: Group['by_company'] | null;
}

/** What a statement asks of which deals. */
export type WriteQuestion = (placeholder: Placeholder) => { question: AggregateQuestion; deals: DealSource };

/** Groups deals and measures the groups, with one statement. */
export async function readGroups(call: Call, write: WriteQuestion): Promise<DealGroups> {
  let asked: AggregateQuestion | undefined;
  const [first, ...rows] = await runReport<FoundRow>(call, (placeholder) => {
    const { question, deals } = write(placeholder);
    asked = question;
    return new AggregateStatement(question, deals, placeholder).text();
  });
  if (first === undefined || asked === undefined) throw new Error('The totals are always there.');
  const { groupings, measures, levels = [] } = asked;
  const keysOf = (row: FoundRow): GroupKey[] =>
    groupings.map((_, at) => ({
      key: row[`key${at}`] as string | null,
      from: row[`from${at}`] as string | null,
      until: row[`until${at}`] as string | null,
    }));
  const ofLevel = (level: number): KeyedGroup[] =>
    rows.filter((row) => row.level === level).map((row) => ({ keys: keysOf(row), group: groupOf(row, measures) }));
  return {
    rows: ofLevel(0),
    levels: levels.map((_, at) => ofLevel(at + 1)),
    totals: groupOf(first, measures),
    total: first.total,
    as_of: first.as_of,
  };
}

function groupOf(row: FoundRow, measures: readonly Measure[]): Group {
  const hasUnit = (unit: Measure['unit']): boolean => measures.some((measure) => measure.unit === unit);
  const values = measures.map(({ name }, at) => [name, row[`m${at}`]] as const);
  const lacksBase = row.several_companies && hasUnit('base');
  return {
    count: row.count,
    ...(Object.fromEntries(values) as object),
    ...(row.several_currencies && hasUnit('currency') && { currency_reason: 'several_currencies' as const }),
    ...(lacksBase && { base_reason: 'several_companies' as const }),
    ...(lacksBase && row.by_company && { by_company: row.by_company }),
    by_currency: row.by_currency,
  };
}

import { count, month, percent, shortMoney } from '../words.js';
import { Bars, StackedColumns, Waterfall, type Step } from './charts.js';
import { CHANGES, SIGNS, type Amounts, type Report, type Row } from './reports.js';

/** The picture of a report. Where base amounts cannot be added, it shows numbers of deals. */
export function ReportChart({ name, report }: { name: string; report: Report }) {
  const { data, base_currency } = report;
  const hasBase = report.totals.base !== null && data.every(({ base }) => base !== null);
  const of = (amounts: Amounts | undefined): number => (hasBase ? amounts?.base : amounts?.count) ?? 0;
  const show = (value: number): string => (hasBase ? shortMoney(value, base_currency) : count(value));
  const note = (row: Row): string => `${hasBase ? `${show(of(row))} · ` : ''}${count(row.count)}`;
  if (data.length === 0) return null;
  if (name === 'pipeline')
    return (
      <Bars
        label="Open amount by stage, with the weighted part of each"
        bars={data.map((row) => ({
          label: row.label ?? '',
          value: of(row),
          ...(hasBase && { part: row.weighted ?? 0 }),
          note: note(row),
        }))}
      />
    );
  if (name === 'losses')
    return (
      <Bars
        label="Lost amount by reason"
        bars={data.map((row) => ({ label: row.lost_reason ?? 'No reason', value: of(row), note: note(row) }))}
      />
    );
  if (name === 'funnel')
    return (
      <Bars
        label="Deals that entered each stage, and the part of them that went on"
        bars={data.map(({ label = '', entered = 0, advanced = 0, rate }) => ({
          label,
          value: entered,
          part: advanced,
          note: `${count(advanced)} of ${count(entered)} went on${rate == null ? '' : ` · ${percent(rate)}`}`,
        }))}
      />
    );
  if (name === 'win-rate')
    return (
      <StackedColumns
        label="Won and lost deals by month, with the win rate"
        series={['Won', 'Lost']}
        stacks={data.map((row) => ({
          label: monthName(row),
          values: [row.won?.count ?? 0, row.lost?.count ?? 0],
          share: row.rate_by_count ?? null,
        }))}
        show={count}
      />
    );
  if (name === 'forecast') return <Forecast rows={data} of={of} show={show} />;
  return <Changes report={report} of={of} show={show} />;
}

interface PartProps {
  of: (amounts: Amounts | undefined) => number;
  show: (value: number) => string;
}

const CATEGORIES: readonly [string | null, string][] = [
  ['commit', 'Commit'],
  ['best_case', 'Best case'],
  ['pipeline', 'Pipeline'],
  [null, 'No category'],
];

function Forecast({ rows, of, show }: PartProps & { rows: readonly Row[] }) {
  const isThere = ([key]: readonly [string | null, string]): boolean =>
    rows.some(({ by_category = [] }) => by_category.some(({ forecast_category }) => forecast_category === key));
  const categories = CATEGORIES.filter(isThere);
  const valuesOf = (months: readonly Row[]): number[] =>
    categories.map(([key]) =>
      months
        .flatMap(({ by_category = [] }) => by_category.filter(({ forecast_category }) => forecast_category === key))
        .reduce((total, amounts) => total + of(amounts), 0),
    );
  // The table has each month that is overdue; here they would have the places of months to come.
  const overdue = rows.filter((row) => row.overdue === true);
  const coming = rows.filter((row) => row.overdue !== true);
  return (
    <StackedColumns
      label="Open amount by closing month, by forecast category"
      series={categories.map(([, label]) => label)}
      stacks={[
        ...(overdue.length > 0 ? [{ label: 'Overdue', values: valuesOf(overdue) }] : []),
        ...coming.map((row) => ({ label: monthName(row), values: valuesOf([row]) })),
      ]}
      show={show}
    />
  );
}

function Changes({ report: { data, totals }, of, show }: PartProps & { report: Report }) {
  let total = 0;
  const steps: Step[] = data.map((row) => {
    const { change = '' } = row;
    const by = of(row) * (SIGNS[change] ?? 1);
    total += by;
    return { label: CHANGES[change] ?? change, total, ...(change !== 'opening' && { by }) };
  });
  return (
    <Waterfall
      label="How the open amount changed between the two days"
      steps={[...steps, { label: CHANGES['closing'] ?? '', total: of(totals) }]}
      show={show}
    />
  );
}

function monthName({ month: text }: Row): string {
  return text == null ? 'No date' : month(text);
}

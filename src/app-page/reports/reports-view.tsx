import { batch, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, messageOf } from '../api.js';
import { concernsDeals, followChanges } from '../live.js';
import { query, setQuery } from '../route.js';
import type { Page, Pipeline } from '../types.js';
import { saveFile } from '../ui/save-file.js';
import { Notice } from '../ui/notice.js';
import { View } from '../ui/view.js';
import { amount, count, dayOf, month, percent, plain, time, ZONE } from '../words.js';
import { ReportChart } from './report-chart.js';
import { csvOf, REPORTS, withPipelines, type Report, type ReportKind, type Row, type TableColumn } from './reports.js';

export function ReportsView({ name }: { name: string }) {
  const kind = REPORTS.find((each) => each.name === name);
  return (
    <View title={kind?.title ?? 'Reports'}>
      <h1 class="sr-only">Reports</h1>
      <nav class="tabs" aria-label="Reports">
        {REPORTS.map((each) => (
          <a key={each.name} href={`/app/reports/${each.name}`} aria-current={each === kind ? 'page' : undefined}>
            {each.title}
          </a>
        ))}
      </nav>
      {kind === undefined ? <p class="empty">There is no such report.</p> : <ReportView key={kind.name} kind={kind} />}
    </View>
  );
}

function ReportView({ kind }: { kind: ReportKind }) {
  const report = useSignal<Report | undefined>(undefined);
  const pipelines = useSignal<readonly Pipeline[]>([]);
  const problem = useSignal('');
  const window = windowOf(kind, query.value);
  const pipeline = query.value.get('pipeline_id') ?? undefined;
  useEffect(() => {
    const asked = new AbortController();
    const read = async (): Promise<void> => {
      const query = { ...window, pipeline_id: pipeline, timezone: ZONE };
      const [found, { data }] = await Promise.all([
        get<Report>(`/api/crm/reports/${kind.name}`, query, asked.signal),
        get<Page<Pipeline>>('/api/crm/pipeline', { limit: 100 }, asked.signal),
      ]);
      batch(() => {
        report.value = withPipelines(found, data);
        pipelines.value = data;
        problem.value = '';
      });
    };
    problem.value = '';
    read().catch((error: unknown) => {
      if (!asked.signal.aborted) problem.value = messageOf(error);
    });
    const stop = followChanges(read, concernsDeals);
    return () => {
      stop();
      asked.abort();
    };
  }, [kind, pipeline, window.from, window.to]);
  const found = report.value;
  return (
    <>
      <div class="page-head">
        <h2>{kind.title}</h2>
        {pipelines.value.length > 1 && <PipelineChoice kind={kind} all={pipelines.value} chosen={pipeline} />}
        {kind.window !== 'none' && <Window window={window} />}
        {found && <Download kind={kind} rows={found.data} />}
      </div>
      <Notice text={problem} />
      {found === undefined && problem.value === '' && <p class="loading">Loading…</p>}
      {found !== undefined && <Contents kind={kind} report={found} />}
    </>
  );
}

interface Days {
  from: string | undefined;
  to: string | undefined;
}

/** The changes need two days: by default this month until now. */
function windowOf({ window }: ReportKind, given: URLSearchParams): Days {
  if (window === 'none') return { from: undefined, to: undefined };
  const now = new Date();
  const isRequired = window === 'required';
  const [first, tomorrow] = [
    new Date(now.getFullYear(), now.getMonth(), 1),
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1),
  ];
  return {
    from: given.get('from') ?? (isRequired ? dayOf(first) : undefined),
    to: given.get('to') ?? (isRequired ? dayOf(tomorrow) : undefined),
  };
}

function Window({ window }: { window: Days }) {
  const input = (name: 'from' | 'to', label: string) => (
    <label class="day">
      <span>{label}</span>
      <input
        type="date"
        value={window[name] ?? ''}
        onChange={({ currentTarget: { value } }) => setQuery({ [name]: value === '' ? undefined : value })}
      />
    </label>
  );
  return (
    <div class="window">
      {input('from', 'From')}
      {input('to', 'Before')}
    </div>
  );
}

interface PipelineChoiceProps {
  kind: ReportKind;
  all: readonly Pipeline[];
  chosen: string | undefined;
}

/** The funnel is that of one pipeline. */
function PipelineChoice({ kind, all, chosen }: PipelineChoiceProps) {
  const isOne = kind.name === 'funnel';
  return (
    <label class="picker">
      <span class="sr-only">Pipeline</span>
      <select
        value={chosen ?? (isOne ? all.find((each) => each.is_default)?.id : '')}
        onChange={({ currentTarget: { value } }) => setQuery({ pipeline_id: value === '' ? undefined : value })}
      >
        {!isOne && <option value="">All pipelines</option>}
        {all.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Download({ kind, rows }: { kind: ReportKind; rows: readonly Row[] }) {
  return <button onClick={() => saveFile(`${kind.name}.csv`, csvOf(kind, rows))}>Download CSV</button>;
}

function Contents({ kind, report }: { kind: ReportKind; report: Report }) {
  // The changes have a row for each kind of change, whether there was one or not.
  if (report.data.every(({ count: deals }) => deals === 0))
    return (
      <section class="empty">
        <h3>No deals in this report</h3>
        <p>{kind.window === 'none' ? 'There are no open deals.' : 'Choose another period, or come back later.'}</p>
      </section>
    );
  return (
    <>
      {[report.totals, ...report.data].some(({ base }) => base === null) && (
        <p class="notice">
          Some of these deals belong to several companies, whose currencies may differ. Their amounts are not added.
        </p>
      )}
      <div class="panels">
        <figure class="panel">
          <ReportChart name={kind.name} report={report} />
        </figure>
        <section class="panel">
          <div class="scroll" tabIndex={0} role="region" aria-label={`${kind.title} as a table`}>
            <Table kind={kind} report={report} />
          </div>
        </section>
      </div>
      <details class="definitions">
        <summary>Definitions</summary>
        <dl>
          {Object.entries(report.definitions).map(([word, meaning]) => (
            <div key={word}>
              <dt>{word.replaceAll('_', ' ')}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <p>
          As of {time(report.as_of)}. Days begin at midnight in {report.timezone}.
        </p>
      </details>
    </>
  );
}

function Table({ kind, report }: { kind: ReportKind; report: Report }) {
  const look = ({ unit, value }: TableColumn, row?: Row): string => {
    if (unit === 'text') return 'is-words';
    // Amounts of several currencies stand below each other where they have no room beside each other.
    return row !== undefined && typeof value(row) === 'string' ? 'is-number is-list' : 'is-number';
  };
  const cell = (column: TableColumn, row: Row): string => textOf(column, row, report.base_currency);
  return (
    <table class="grid">
      <thead>
        <tr>
          {kind.columns.map((column) => (
            <th key={column.header} scope="col" class={look(column)}>
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {report.data.map((row, at) => (
          <tr key={at}>
            {kind.columns.map((column) => (
              <td key={column.header} class={look(column, row)}>
                {column.header === 'Deals' && row.filter ? (
                  <a href={`/app?${row.filter}`} aria-label={`Show these ${count(row.count)} deals`}>
                    {cell(column, row)}
                  </a>
                ) : (
                  cell(column, row)
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      {kind.name !== 'funnel' && (
        <tfoot>
          <tr>
            {kind.columns.map((column, at) =>
              at === 0 ? (
                <th key={column.header} scope="row">
                  {kind.name === 'changes' ? 'Open after' : 'All'}
                </th>
              ) : (
                <td key={column.header} class={look(column, report.totals)}>
                  {cell(column, report.totals)}
                </td>
              ),
            )}
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function textOf({ unit, value }: TableColumn, row: Row, currency: string | null): string {
  const found = value(row);
  if (found === null || found === undefined) return '–';
  if (typeof found === 'string') return found.replace(/^\d{4}-\d\d(?= |$)/, month);
  if (unit === 'money') return amount(found, currency);
  if (unit === 'share') return percent(found);
  return unit === 'count' ? count(found) : plain(Math.round(found * 10) / 10);
}

import { goalsOf, reached, type Goal } from './goals.js';
import type { Figures } from './measure.js';
import type { Comparison, EventFigures, Growth, Result } from './result.js';

/** The result as Markdown, which also reads well on a terminal. */
export function report(result: Result): string {
  const { machine, options, postgres } = result;
  const setting =
    `${result.growth.length > 0 ? '' : `${options.rows} opportunities, `}${options.rounds} rounds of ${options.seconds} s. ${machine.cpus} × ${machine.model}, ` +
    `${machine.platform}, Node.js ${machine.node.slice(1)}, ${postgres}; load average before ` +
    `${machine.loadBefore.map((load) => load.toFixed(1)).join(' ')}. ` +
    `${result.at.slice(0, 10)}, ${result.commit ?? 'no checkout'}.`;
  return [
    setting,
    ...(result.comparisons.length > 0 ? [comparisonTable(result.comparisons)] : []),
    ...result.growth.map(growthTable),
    ...(result.events.length > 0 ? [eventsTable(result.events)] : []),
    ...others(result),
    ...(result.errors.length > 0 ? [`Errors:\n${result.errors.map((error) => `- ${error}`).join('\n')}`] : []),
  ].join('\n\n');
}

/** Goals with what was found; those that the run did not measure are left out. */
export function goalReport(result: Result): string {
  const rows = goalsOf(result).map((goal) => [
    goal.what,
    goal.atLeast === undefined ? `≤ ${goal.atMost ?? ''}` : `≥ ${goal.atLeast}`,
    shownFound(goal),
    reached(goal) ? 'reached' : 'MISSED',
  ]);
  return table(['goal', 'limit', 'found', ''], rows);
}

export function comparisonTable(comparisons: readonly Comparison[]): string {
  const head = ['scenario', 'connections', '', ...FIGURES, 'req/s ÷ floor', 'CPU ÷ floor', 'PostgreSQL ÷ floor'];
  const rows = comparisons.flatMap(({ scenario, connections, service, floor, ratio }) => [
    [
      scenario,
      String(connections),
      'service',
      ...figures(service),
      two(ratio.perSecond),
      two(ratio.cpu),
      two(ratio.postgresCpu),
    ],
    ['', '', 'floor', ...figures(floor), '', '', ''],
  ]);
  return table(head, rows);
}

export function growthTable({ question, connections, contenders }: Growth): string {
  const first = contenders[0]?.name ?? '';
  const rows = contenders.map(({ name, figures: taken, ratio }) => [name, ...figures(taken), two(ratio.perSecond)]);
  return table([`${question}, ${connections} connections`, ...FIGURES, `req/s ÷ ${first}`], rows);
}

export function eventsTable(events: readonly EventFigures[]): string {
  const head = ['connections', 'writes/s', 'events/s meanwhile', 'events/s to the last', 'feed p50 ms', 'feed p99 ms'];
  const rows = events.map((each) =>
    [
      ...[each.connections, each.writesPerSecond, each.deliveredMeanwhile, each.deliveredPerSecond],
      ...[each.feedLagP50Ms, each.feedLagP99Ms],
    ].map(whole),
  );
  return table(head, rows);
}

const FIGURES = ['req/s', 'p50 ms', 'p99 ms', 'CPU µs', 'PostgreSQL µs'];

function figures({ perSecond, p50Ms, p99Ms, cpuUs, postgresCpuUs }: Figures): string[] {
  return [perSecond.toFixed(0), p50Ms.toFixed(1), p99Ms.toFixed(1), whole(cpuUs), whole(postgresCpuUs)];
}

function others({ residentMemoryMiB: memory, coldStartMs }: Result): string[] {
  const lines: string[] = [];
  if (memory)
    lines.push(`Resident memory after load: service ${memory.service ?? '?'} MiB, floor ${memory.floor ?? '?'} MiB.`);
  if (coldStartMs)
    lines.push(`Cold start: ${whole(coldStartMs.median)} ms (${coldStartMs.runs.map(whole).join(', ')}).`);
  return lines;
}

function shownFound({ found = 0 }: Goal): string {
  return Number.isInteger(found) || found > 100 ? whole(found) : two(found);
}

function two(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}

function whole(value: number | null): string {
  return value === null ? '–' : value.toFixed(0);
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number): boolean => rows.every((row) => !/\d/.test(row[column] ?? '') || column === 0);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) => (isText(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

import { isChildOf, listedValues, type Attribute } from '../../common/index.js';
import { dayOf, midnightOf, momentText, PERIODS, periodOf, type Period, type PeriodName } from './periods.js';
import { GROUPABLE } from './reportable.js';

/** One of the keys that deals are grouped by. */
export interface Grouping {
  /** As the client wrote it, such as `expected_closing.month`. */
  name: string;
  attribute: Attribute;
  /** Of dates and timestamps. */
  period: Period | undefined;
}

export const MOST_GROUPINGS = 3;

/** The groupings of `sales_stage,expected_closing.month`, or what is wrong with it. */
export function readGroupings(text: string, fiscalYearStart: number): Grouping[] | string {
  const names = listedValues(text);
  if (typeof names === 'string') return names;
  if (names.length > MOST_GROUPINGS) return `takes at most ${MOST_GROUPINGS} attributes.`;
  const groupings: Grouping[] = [];
  for (const name of names) {
    if (groupings.some((known) => known.name === name)) return `names '${name}' twice.`;
    const grouping = groupingNamed(name, fiscalYearStart);
    if (typeof grouping === 'string') return grouping;
    groupings.push(grouping);
  }
  return groupings;
}

function groupingNamed(name: string, fiscalYearStart: number): Grouping | string {
  const [attributeName = '', suffix, ...rest] = name.split('.');
  const attribute = GROUPABLE.find((known) => known.name === attributeName);
  if (attribute === undefined)
    return `cannot group by '${name}'; it takes ${GROUPABLE.map((known) => known.name).join(', ')}.`;
  const hasDays = attribute.kind === 'date' || attribute.kind === 'timestamp';
  if (!hasDays)
    return suffix === undefined
      ? { name, attribute, period: undefined }
      : `cannot group by '${name}': only dates and times have periods.`;
  const period = suffix === undefined && attribute.kind === 'date' ? 'day' : suffix;
  const known = rest.length === 0 ? PERIODS.find((each): each is PeriodName => each === period) : undefined;
  if (known === undefined)
    return `cannot group by '${name}'; it takes ${PERIODS.map((each) => `${attributeName}.${each}`).join(', ')}.`;
  return { name, attribute, period: periodOf(known, fiscalYearStart) };
}

/** The value of a deal that a cell keeps: the day, of which the period comes later, as there are fewer days than deals. */
export function groupColumn({ attribute }: Grouping, zone: string): string {
  if (attribute.children !== undefined) return 'reason.value';
  return attribute.kind === 'timestamp' ? dayOf(attribute.name, zone) : attribute.name;
}

/** The key of a group over the column of its cells: a text, or the first day of the period. */
export function keySql({ attribute, period }: Grouping, column: string): string {
  if (period !== undefined) return period.startOf(column);
  return attribute.kind === 'text' ? `composed_text(${column})` : column;
}

/** What a key is compared by. */
export function keyOrder({ period }: Grouping, key: string): string {
  return period === undefined ? `${key} collate "C"` : key;
}

/** The key as text, and where its period begins and ends, as the filters of its attribute take them. */
export function keyTexts({ attribute, period }: Grouping, key: string, zone: string): [string, string, string] {
  if (period === undefined) return [`${key}::text`, 'null::text', 'null::text'];
  const bound = (day: string): string =>
    attribute.kind === 'date' ? `${day}::text` : momentText(midnightOf(day, zone));
  return [period.keyOf(key), bound(key), bound(period.nextOf(key))];
}

/**
 * Joins the reasons of each deal, where deals are grouped by them: one row for each reason, or one without. `named` are the
 * conditions on a reason that are filters as well; other reasons are no groups then.
 */
export function reasonJoin(groupings: readonly Grouping[], named: readonly string[]): string {
  const children = groupings.find(({ attribute }) => attribute.children !== undefined)?.attribute.children;
  if (children === undefined) return '';
  const { table, column } = children;
  const restriction = named.length === 0 ? '' : ` and (${named.join(' or ')})`;
  return ` left join lateral (select distinct composed_text(${table}.${column}) as value from ${table}
    where ${isChildOf(children)}${restriction}) reason on true`;
}

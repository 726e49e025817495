import { isChildOf, listedValues, type Attribute } from '../../common/index.js';
import { dayOf, midnightOf, momentText, PERIODS, periodOf, type Period, type PeriodName } from './periods.js';
import { GROUPABLE } from './reportable.js';

/** One of the keys that deals are grouped by. All of it is SQL. */
export interface Grouping {
  /** As the client wrote it, such as `expected_closing.month`. */
  name: string;
  /** The attribute, where the filters of the list can tell the deals of a group; a related one needs a join. */
  attribute?: Attribute;
  period?: Period;
  /** The value of a deal that its cell keeps. */
  ofDeal: string;
  /** The key over the column of the cell: a text, or the first day of the period. */
  key: (column: string) => string;
  /** What keys are compared by. */
  order: (key: string) => string;
  /** The key as text, and where its period begins and ends, as the filters of its attribute take them. */
  texts: (key: string) => [key: string, from: string, until: string];
}

export const MOST_GROUPINGS = 3;

interface NamedAttribute {
  name: string;
  attribute: Attribute;
  period: PeriodName | undefined;
}

/** A grouping that was asked for, before its time zone has a place in a statement. */
export interface AskedGrouping extends NamedAttribute {
  fiscalYearStart: number;
}

/** The groupings of `sales_stage,expected_closing.month`, or what is wrong with it. */
export function readGroupings(text: string, fiscalYearStart: number): AskedGrouping[] | string {
  const names = listedValues(text);
  if (typeof names === 'string') return names;
  if (names.length > MOST_GROUPINGS) return `takes at most ${MOST_GROUPINGS} attributes.`;
  const groupings: AskedGrouping[] = [];
  for (const name of names) {
    if (groupings.some((known) => known.name === name)) return `names '${name}' twice.`;
    const named = attributeNamed(name);
    if (typeof named === 'string') return named;
    groupings.push({ ...named, fiscalYearStart });
  }
  return groupings;
}

function attributeNamed(name: string): NamedAttribute | string {
  const [attributeName = '', suffix, ...rest] = name.split('.');
  const attribute = GROUPABLE.find((known) => known.name === attributeName);
  if (attribute === undefined)
    return `cannot group by '${name}'; it takes ${GROUPABLE.map((known) => known.name).join(', ')}.`;
  if (!hasDays(attribute))
    return suffix === undefined
      ? { name, attribute, period: undefined }
      : `cannot group by '${name}': only dates and times have periods.`;
  const wanted = suffix === undefined && attribute.kind === 'date' ? 'day' : suffix;
  const period = rest.length === 0 ? PERIODS.find((each) => each === wanted) : undefined;
  if (period === undefined)
    return `cannot group by '${name}'; it takes ${PERIODS.map((each) => `${attributeName}.${each}`).join(', ')}.`;
  return { name, attribute, period };
}

function hasDays({ kind }: Attribute): boolean {
  return kind === 'date' || kind === 'timestamp';
}

/** A grouping by an attribute; `zone` gives the time zone a place in the statement. */
export function groupingOf({ name, attribute, period, fiscalYearStart }: AskedGrouping, zone: () => string): Grouping {
  if (period === undefined) return textGrouping(name, attribute);
  const { name: column, kind } = attribute;
  const ofDeal = kind === 'timestamp' ? dayOf(column, zone()) : column;
  const bound = (day: string): string => (kind === 'date' ? `${day}::text` : momentText(midnightOf(day, zone())));
  return { ...periodGrouping(name, ofDeal, periodOf(period, fiscalYearStart), bound), attribute };
}

/** A grouping of days by a period. Cells keep the day, as there are fewer days than deals. */
export function periodGrouping(
  name: string,
  ofDeal: string,
  period: Period,
  bound = (day: string): string => `${day}::text`,
): Grouping {
  return {
    name,
    period,
    ofDeal,
    key: (column) => period.startOf(column),
    order: (key) => key,
    texts: (key) => [period.keyOf(key), bound(key), bound(period.nextOf(key))],
  };
}

function textGrouping(name: string, attribute: Attribute): Grouping {
  const { kind, children, isExact } = attribute;
  const ofDeal = children === undefined ? attribute.name : 'reason.value';
  return { ...plainGrouping(name, ofDeal, kind === 'text' && !isExact), attribute };
}

/** A grouping by a text. An accent that follows its letter makes no other text, as in filters. */
export function plainGrouping(name: string, ofDeal: string, isText = true): Grouping {
  return {
    name,
    ofDeal,
    key: (column) => (isText ? `composed_text(${column})` : column),
    order: (key) => `${key}::text collate "C"`,
    texts: (key) => [`${key}::text`, 'null::text', 'null::text'],
  };
}

/**
 * Joins the reasons of each deal, where deals are grouped by them: one row for each reason, or one without. `named` writes the
 * conditions on a reason that are filters as well; other reasons are no groups then.
 */
export function reasonJoin(groupings: readonly Grouping[], named: () => readonly string[]): string {
  const children = groupings.find(({ attribute }) => attribute?.children !== undefined)?.attribute?.children;
  if (children === undefined) return '';
  const { table, column } = children;
  const wanted = named();
  const restriction = wanted.length === 0 ? '' : ` and (${wanted.join(' or ')})`;
  return ` left join lateral (select distinct composed_text(${table}.${column}) as value from ${table}
    where ${isChildOf(children)}${restriction}) reason on true`;
}

import { LOST_REASON } from '../opportunity/opportunity.dto.js';
import { isChildOf, type Attribute } from '../../common/index.js';
import { ratio } from './exact.js';
import { GROUPABLE, NUMBERS } from './reportable.js';

/** A number that every deal has, or none, as measures take it. */
export interface Quantity {
  name: string;
  /** SQL expression over the columns of a deal and the moment of the answer. */
  sql: (asOf: string) => string;
  /** What the expression has to be divided by, so that nothing is rounded before the end. */
  divisor: number;
  /** Amounts of several currencies are not added, nor are base amounts of several companies. */
  unit: 'currency' | 'base' | undefined;
}

export const FUNCTIONS = ['sum', 'avg', 'min', 'max', 'median'] as const;

export type MeasureFunction = (typeof FUNCTIONS)[number];

/** One measure of an answer: a function of a quantity, or the number of different values of an attribute. */
export type Measure = { name: string; of: Quantity; function: MeasureFunction } | { name: string; distinct: Attribute };

const MILLISECONDS_PER_DAY = 86_400_000;
const UNITS: Record<string, Quantity['unit']> = {
  opportunity_amount: 'currency',
  total: 'currency',
  base_opportunity_amount: 'base',
  base_total: 'base',
  weighted_amount: 'base',
};

/** The time between two moments, in milliseconds. */
const between = (from: string, to: string): string =>
  `(extract(epoch from ${to}) - extract(epoch from ${from})) * 1000`;

export const AGE_DAYS: Quantity = {
  name: 'age_days',
  sql: (asOf) => between('created_at', `coalesce(won_at, lost_at, closed_at, ${asOf})`),
  divisor: MILLISECONDS_PER_DAY,
  unit: undefined,
};

export const CYCLE_DAYS: Quantity = {
  name: 'cycle_days',
  sql: () => between('created_at', 'won_at'),
  divisor: MILLISECONDS_PER_DAY,
  unit: undefined,
};

/** What it is worth by its probability: the exact product, of which the attribute shows nine places. */
export const WEIGHTED_AMOUNT: Quantity = {
  name: 'weighted_amount',
  sql: () => 'base_opportunity_amount * probability',
  divisor: 100,
  unit: 'base',
};

const COMPUTED = [WEIGHTED_AMOUNT, AGE_DAYS, CYCLE_DAYS];

/** Everything that can be measured. */
export const QUANTITIES: readonly Quantity[] = [
  ...NUMBERS.filter(({ name }) => !COMPUTED.some((quantity) => quantity.name === name)).map(({ name }) => ({
    name,
    sql: () => `${name}::numeric`,
    divisor: 1,
    unit: UNITS[name],
  })),
  ...COMPUTED,
];

/** The measure of a name such as `sum.total`, or what is wrong with it; undefined for the count, which every row has. */
export function readMeasure(name: string): Measure | 'count' | { problem: string } {
  if (name === 'count') return 'count';
  const [, kind = '', of = ''] = /^([a-z]+(?:_distinct)?)\.(\w+)$/.exec(name) ?? [];
  if (kind === 'count_distinct') {
    const distinct = GROUPABLE.find((attribute) => attribute.name === of);
    return distinct ? { name, distinct } : { problem: `cannot count '${of}'; it takes ${namesOf(GROUPABLE)}.` };
  }
  const known = FUNCTIONS.find((each) => each === kind);
  if (known === undefined)
    return { problem: `does not know '${name}'; it takes count, and ${DOTTED} before the name of an attribute.` };
  const quantity = QUANTITIES.find((each) => each.name === of);
  return quantity
    ? { name, of: quantity, function: known }
    : { problem: `cannot take the ${kind} of '${of}'; it takes ${namesOf(QUANTITIES)}.` };
}

const DOTTED = ['count_distinct', ...FUNCTIONS].map((name) => `${name}.`).join(', ');

function namesOf(known: readonly { name: string }[]): string {
  return known.map(({ name }) => name).join(', ');
}

/** Does the measure need every deal, so that it cannot be put together from parts of a group? */
export function needsDeals(measure: Measure): boolean {
  return 'distinct' in measure || measure.function === 'median';
}

/*
 * A group is added up in two steps: cells of one currency and company, then groups of cells. A deal has the same columns as a
 * cell, for the measures that need every deal. For the measure at a place these are: `s` sum, `c` count, `l` least, `g` greatest.
 */

interface Part {
  column: string;
  ofDeal: string;
  fold: 'sum' | 'min' | 'max';
}

function partsOf(measure: Measure, at: number, asOf: string): Part[] {
  if ('distinct' in measure || measure.function === 'median') return [];
  const value = measure.of.sql(asOf);
  const sum: Part = { column: `s${at}`, ofDeal: value, fold: 'sum' };
  switch (measure.function) {
    case 'sum':
      return [sum];
    case 'avg':
      return [sum, { column: `c${at}`, ofDeal: `(${value} is not null)::int`, fold: 'sum' }];
    case 'min':
      return [{ column: `l${at}`, ofDeal: value, fold: 'min' }];
    case 'max':
      return [{ column: `g${at}`, ofDeal: value, fold: 'max' }];
  }
}

/** The columns of a deal that the measures need. */
export function dealColumns(measures: readonly Measure[], asOf: string): string[] {
  return measures.flatMap((measure, at) => {
    if ('distinct' in measure) return [`${distinctSql(measure.distinct)} as d${at}`];
    if (measure.function === 'median') return [`${measure.of.sql(asOf)} as v${at}`];
    return partsOf(measure, at, asOf).map(({ column, ofDeal }) => `${ofDeal} as ${column}`);
  });
}

/** The columns of a cell, over those of its deals. */
export function cellColumns(measures: readonly Measure[]): string[] {
  return measures.flatMap((measure, at) =>
    partsOf(measure, at, '').map(({ column, fold }) => `${fold}(${column}) as ${column}`),
  );
}

function distinctSql({ name, kind, children }: Attribute): string {
  if (children !== undefined)
    return `(select jsonb_agg(composed_text(${children.table}.${children.column})) from ${children.table} where ${isChildOf(children)})`;
  return kind === 'text' ? `composed_text(${name})` : name;
}

/** The value of a measure, over the cells or deals of a group. */
export function measureSql(measure: Measure, at: number): string {
  if ('distinct' in measure)
    return measure.distinct === LOST_REASON
      ? `(select count(distinct reason) from jsonb_path_query(jsonb_agg(d${at}), '$[*][*]') reason)`
      : `count(distinct d${at})`;
  const { divisor } = measure.of;
  switch (measure.function) {
    case 'sum':
      return ratio(`coalesce(sum(s${at}), 0)`, divisor);
    case 'avg':
      return ratio(`sum(s${at})`, `${divisor} * nullif(sum(c${at}), 0)`);
    case 'min':
      return ratio(`min(l${at})`, divisor);
    case 'max':
      return ratio(`max(g${at})`, divisor);
    case 'median': {
      const middle = (order: string): string => `percentile_disc(0.5) within group (order by v${at} ${order})`;
      return ratio(`(${middle('asc')} + ${middle('desc')})`, 2 * divisor);
    }
  }
}

/** What a measure is where there is no deal. */
export function emptyMeasureSql(measure: Measure): string {
  return 'distinct' in measure || measure.function === 'sum' ? '0' : 'null';
}

import { isChildOf, type Attribute } from '../../common/index.js';
import { ratio } from './exact.js';
import { QUANTITIES, type Quantity } from './quantities.js';
import { GROUPABLE } from './reportable.js';

export const FUNCTIONS = ['sum', 'avg', 'min', 'max', 'median'] as const;

export type MeasureFunction = (typeof FUNCTIONS)[number];

/** A column of deals that a measure is made of, and how it is put together for cells; without that, cells do not have it. */
export interface MeasureColumn {
  name: string;
  ofDeal: string;
  fold?: 'sum' | 'min' | 'max';
}

/**
 * One measure of groups. A group is added up in two steps: cells of one currency and company, then groups of cells. A deal has
 * the same columns as a cell, so that a measure which needs every deal can have them.
 */
export interface Measure {
  name: string;
  unit: Quantity['unit'];
  /** Its columns, whose names have to end with the place of the measure. */
  columns: (at: number, asOf: string) => MeasureColumn[];
  /** Its value over the cells of a group, or over the deals. */
  value: (at: number) => string;
  /** Its value where there is no deal. */
  empty: '0' | 'null';
}

/** Does the measure need every deal, as it cannot be put together from parts of a group? */
export function needsDeals(measure: Measure): boolean {
  return measure.columns(0, '').some(({ fold }) => fold === undefined);
}

/** The measure of a name such as `sum.total`, or what is wrong with it; `count` for what every row has. */
export function readMeasure(name: string): Measure | 'count' | { problem: string } {
  if (name === 'count') return 'count';
  const [, kind = '', of = ''] = /^([a-z]+(?:_distinct)?)\.(\w+)$/.exec(name) ?? [];
  if (kind === 'count_distinct') {
    const attribute = GROUPABLE.find((each) => each.name === of);
    return attribute ? distinct(name, attribute) : { problem: `cannot count '${of}'; it takes ${namesOf(GROUPABLE)}.` };
  }
  const known = FUNCTIONS.find((each) => each === kind);
  if (known === undefined)
    return { problem: `does not know '${name}'; it takes count, and ${DOTTED} before the name of an attribute.` };
  const quantity = QUANTITIES.find((each) => each.name === of);
  return quantity
    ? MEASURES[known](name, quantity)
    : { problem: `cannot take the ${kind} of '${of}'; it takes ${namesOf(QUANTITIES)}.` };
}

const DOTTED = ['count_distinct', ...FUNCTIONS].map((name) => `${name}.`).join(', ');

function namesOf(known: readonly { name: string }[]): string {
  return known.map(({ name }) => name).join(', ');
}

export function sum(name: string, { sql, divisor, unit }: Quantity): Measure {
  return {
    name,
    unit,
    columns: (at, asOf) => [{ name: `s${at}`, ofDeal: sql(asOf), fold: 'sum' }],
    value: (at) => ratio(`coalesce(sum(s${at}), 0)`, divisor),
    empty: '0',
  };
}

export function average(name: string, { sql, isKnown, divisor, unit }: Quantity): Measure {
  return {
    name,
    unit,
    columns: (at, asOf) => [
      { name: `s${at}`, ofDeal: sql(asOf), fold: 'sum' },
      { name: `c${at}`, ofDeal: `(${isKnown?.(asOf) ?? `(${sql(asOf)}) is not null`})::int`, fold: 'sum' },
    ],
    value: (at) => ratio(`sum(s${at})`, `${divisor} * nullif(sum(c${at}), 0)`),
    empty: 'null',
  };
}

function extreme(fold: 'min' | 'max'): (name: string, quantity: Quantity) => Measure {
  return (name, { sql, divisor, unit }) => ({
    name,
    unit,
    columns: (at, asOf) => [{ name: `e${at}`, ofDeal: sql(asOf), fold }],
    value: (at) => ratio(`${fold}(e${at})::numeric`, divisor),
    empty: 'null',
  });
}

export function median(name: string, { sql, divisor, unit }: Quantity): Measure {
  const middle = (at: number, order: string): string => `percentile_disc(0.5) within group (order by v${at} ${order})`;
  return {
    name,
    unit,
    columns: (at, asOf) => [{ name: `v${at}`, ofDeal: sql(asOf) }],
    value: (at) => ratio(`(${middle(at, 'asc')} + ${middle(at, 'desc')})::numeric`, 2 * divisor),
    empty: 'null',
  };
}

/** The value below which nine tenths are, between two values as a spreadsheet's PERCENTILE has it. */
export function ninetiethPercentile(name: string, { sql, divisor }: Quantity): Measure {
  const sorted = (at: number): string => `(array_agg(v${at} order by v${at}) filter (where v${at} is not null))`;
  // Ninths of whole numbers: the position is 9 × (n − 1) ÷ 10, and tenths of the way to the next value remain.
  const position = (at: number): string => `9 * (count(v${at}) - 1)`;
  const value = (at: number, next: number): string => `${sorted(at)}[div(${position(at)}, 10)::int + ${1 + next}]`;
  return {
    name,
    unit: undefined,
    columns: (at, asOf) => [{ name: `v${at}`, ofDeal: sql(asOf) }],
    value: (at) => {
      const tenths = `mod(${position(at)}, 10)`;
      return ratio(
        `(${value(at, 0)} * (10 - ${tenths}) + coalesce(${value(at, 1)}, 0) * ${tenths})::numeric`,
        10 * divisor,
      );
    },
    empty: 'null',
  };
}

const MEASURES: Record<MeasureFunction, (name: string, quantity: Quantity) => Measure> = {
  sum,
  avg: average,
  min: extreme('min'),
  max: extreme('max'),
  median,
};

/** How many different values deals have. */
function distinct(name: string, { name: column, kind, children, isExact }: Attribute): Measure {
  const own = kind === 'text' && !isExact ? `composed_text(${column})` : column;
  const ofChildren = children && `${children.table}.${children.column}`;
  const all = `(select jsonb_agg(composed_text(${ofChildren})) from ${children?.table} where ${children && isChildOf(children)})`;
  return {
    name,
    unit: undefined,
    columns: (at) => [{ name: `d${at}`, ofDeal: children === undefined ? own : all }],
    value: (at) =>
      children === undefined
        ? `count(distinct d${at})`
        : `(select count(distinct value) from jsonb_path_query(
            jsonb_agg(d${at}) filter (where d${at} is not null), '$[*][*]') value)`,
    empty: '0',
  };
}

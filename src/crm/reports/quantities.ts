import { NUMBERS } from './reportable.js';

/** A number that every deal has, or none, as measures take it. */
export interface Quantity {
  name: string;
  /** SQL expression over the columns of a deal and the moment of the answer. */
  sql: (asOf: string) => string;
  /** When a deal has the number, where that is cheaper to tell than by the expression. */
  isKnown?: (asOf: string) => string;
  /** What the expression has to be divided by, so that nothing is rounded before the end. */
  divisor: number;
  /** Amounts of several currencies are not added, nor are base amounts of several companies. */
  unit: 'currency' | 'base' | undefined;
}

const MILLISECONDS_PER_DAY = 86_400_000;
const UNITS: Record<string, Quantity['unit']> = {
  opportunity_amount: 'currency',
  total: 'currency',
  base_opportunity_amount: 'base',
  base_total: 'base',
  weighted_amount: 'base',
};

/** A moment as a whole number, which costs a third of the exact number that `extract` gives; times have milliseconds. */
function milliseconds(moment: string): string {
  return `(date_part('epoch', ${moment}) * 1000)::bigint`;
}

/** Computed once, not for each deal. */
export function once(sql: string): string {
  return `(select ${sql})`;
}

/** The time between a column and a later moment, which is given in milliseconds, in days. */
function days(name: string, from: string, to: (asOf: string) => string, isKnown: (asOf: string) => string): Quantity {
  const sql = (asOf: string): string => `(${to(asOf)} - ${milliseconds(from)})`;
  return { name, sql, isKnown, divisor: MILLISECONDS_PER_DAY, unit: undefined };
}

export const AGE_DAYS = days(
  'age_days',
  'created_at',
  (asOf) => milliseconds(`coalesce(won_at, lost_at, closed_at, ${once(asOf)})`),
  () => 'true',
);

export const CYCLE_DAYS = days(
  'cycle_days',
  'created_at',
  () => milliseconds('won_at'),
  () => 'won_at is not null',
);

/** Before a deal that was imported came into its first known stage, nobody knows for how long it was in another one. */
export const STAGE_DAYS = days(
  'stage_days',
  'stage_entered_at',
  (asOf) => `case when ${hasEntered(asOf)} then ${once(milliseconds(asOf))} end`,
  hasEntered,
);

function hasEntered(asOf: string): string {
  return `stage_entered_at <= ${once(asOf)}`;
}

/** What a deal is worth by its probability: the exact product, of which the attribute shows nine places. */
export const WEIGHTED_AMOUNT: Quantity = {
  name: 'weighted_amount',
  sql: () => 'base_opportunity_amount * probability',
  divisor: 100,
  unit: 'base',
};

export const BASE_AMOUNT = attributeQuantity('base_opportunity_amount');

const COMPUTED = [WEIGHTED_AMOUNT, AGE_DAYS, CYCLE_DAYS];

/** Everything that can be measured. */
export const QUANTITIES: readonly Quantity[] = [
  ...NUMBERS.filter(({ name }) => !COMPUTED.some((quantity) => quantity.name === name)).map(({ name }) =>
    attributeQuantity(name),
  ),
  ...COMPUTED,
];

function attributeQuantity(name: string): Quantity {
  return { name, sql: () => `${name}::numeric`, divisor: 1, unit: UNITS[name] };
}

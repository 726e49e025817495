import type { Decimal } from '../../common/index.js';
import type { Group } from './deal-groups.js';
import { sum } from './measures.js';
import { BASE_AMOUNT, WEIGHTED_AMOUNT } from './quantities.js';
import { OPEN_STATUSES } from './reportable.js';

/** The number of deals and the sum of their base amounts; null with a reason where the deals are of several companies. */
export interface Figures {
  count: number;
  base: Decimal | null;
  weighted?: Decimal | null;
  base_reason?: 'several_companies';
  by_company?: { company: string; count: number; base?: Decimal }[];
}

export const BASE = sum('base', BASE_AMOUNT);
export const WEIGHTED = sum('weighted', WEIGHTED_AMOUNT);

/** What rows have of their deals; with the face values only where they are wanted. */
export function figuresOf(group: Group): Figures {
  const { by_currency: _faceValues, ...figures } = group;
  return figures as unknown as Figures;
}

/** The figures of no deal. */
export const NO_FIGURES: Figures = { count: 0, base: 0 };

/** The SQL condition that a deal has not ended. */
export const IS_OPEN = `status in (${OPEN_STATUSES.map((status) => `'${status}'`).join(', ')})`;

/** The filter of the list that says the same. */
export const OPEN_PARAMETER = ['status[in]', OPEN_STATUSES.join(',')] as const;

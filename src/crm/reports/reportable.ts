import { attributesOf, type Attribute } from '../../common/index.js';
import { LOST_REASON } from '../opportunity/opportunity.dto.js';
import { Opportunity } from '../opportunity/opportunity.entity.js';

/** The attributes of a deal. */
export const ATTRIBUTES: readonly Attribute[] = attributesOf(Opportunity);

/** The names of those that have no column. */
export const COMPUTED: readonly string[] = ATTRIBUTES.filter(({ isComputed }) => isComputed).map(({ name }) => name);

/** The names of those that have one. */
export const STORED: readonly string[] = ATTRIBUTES.filter(({ isComputed }) => !isComputed).map(({ name }) => name);

/** What deals can be grouped by. */
export const GROUPABLE: readonly Attribute[] = [...ATTRIBUTES, LOST_REASON].filter(
  ({ kind }) => kind !== 'number' && kind !== 'map',
);

/** What can be added up. */
export const NUMBERS: readonly Attribute[] = ATTRIBUTES.filter(({ kind }) => kind === 'number');

/** The statuses of a deal that has not ended. */
export const OPEN_STATUSES = ['Open', 'Replied', 'Quotation'] as const;

import type { Query } from '../api.js';
import { attributeName, date, money, statusName } from '../words.js';

/* Filters of the board are those of the list, and stand in the address as the API takes them. */

/** Parameters of the address that are the board's own. */
const OWN = new Set(['pipeline', 'pipeline_id', 'sort', 'view']);

export interface Kind {
  label: string;
  /** The parameter of the list. */
  name: string;
  input: 'text' | 'number' | 'date' | 'flag';
  /** Whether the values that deals have are offered; they come from `aggregate`. */
  isOffered?: boolean;
}

export const KINDS: readonly Kind[] = [
  { label: 'Owner', name: 'opportunity_owner', input: 'text', isOffered: true },
  { label: 'Party', name: 'party_name[contains]', input: 'text' },
  { label: 'Amount at least', name: 'opportunity_amount[gte]', input: 'number' },
  { label: 'Amount at most', name: 'opportunity_amount[lte]', input: 'number' },
  { label: 'Currency', name: 'currency', input: 'text', isOffered: true },
  { label: 'Closing from', name: 'expected_closing[gte]', input: 'date' },
  { label: 'Closing before', name: 'expected_closing[lt]', input: 'date' },
  { label: 'Created from', name: 'created_at[gte]', input: 'date' },
  { label: 'Company', name: 'company', input: 'text', isOffered: true },
  { label: 'Territory', name: 'territory', input: 'text', isOffered: true },
  { label: 'Industry', name: 'industry', input: 'text', isOffered: true },
  { label: 'Type', name: 'opportunity_type', input: 'text', isOffered: true },
  { label: 'Source', name: 'utm_source', input: 'text', isOffered: true },
  { label: 'Rotten', name: 'rotten', input: 'flag' },
];

export const SORTS: readonly { label: string; value: string }[] = [
  { label: 'Newest first', value: '' },
  { label: 'Largest first', value: '-base_opportunity_amount' },
  { label: 'Closing soonest', value: 'expected_closing' },
  { label: 'Longest in stage', value: 'stage_entered_at' },
];

/** The filters of an address, search included. */
export function filtersOf(query: URLSearchParams): Query {
  return Object.fromEntries([...query].filter(([name, value]) => !OWN.has(name) && value !== ''));
}

const OPERATORS: Record<string, string> = {
  eq: 'is',
  ne: 'is not',
  in: 'is one of',
  gt: 'above',
  gte: 'from',
  lt: 'before',
  lte: 'up to',
  contains: 'contains',
  starts_with: 'starts with',
};

/** A filter in words, also one that somebody wrote into the address. */
export function filterText(name: string, value: string): string {
  const [, attribute = name, operator = 'eq'] = /^([^[]+)(?:\[(\w+)\])?$/.exec(name) ?? [];
  if (name === 'rotten') return value === 'true' ? 'Rotten' : 'Not rotten';
  if (operator === 'is_null') return `${attributeName(attribute)} ${value === 'true' ? 'is empty' : 'is given'}`;
  return `${attributeName(attribute)} ${OPERATORS[operator] ?? operator} ${valueText(attribute, value)}`;
}

function valueText(attribute: string, value: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return date(value);
  if (attribute.endsWith('amount') && Number.isFinite(Number(value))) return money(Number(value));
  return attribute === 'status' ? value.split(',').map(statusName).join(', ') : value;
}

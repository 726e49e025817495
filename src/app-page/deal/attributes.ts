import type { Deal, Item } from '../types.js';

export type Input = 'text' | 'long' | 'number' | 'date' | 'time' | 'email' | 'url' | 'choice' | 'shown';

export interface Attribute<Name = keyof Deal> {
  name: Name;
  input: Input;
  /** Required attributes cannot be emptied. */
  isRequired?: boolean;
}

const text = (...names: (keyof Deal)[]): Attribute[] => names.map((name) => ({ name, input: 'text' }));
const long = (...names: (keyof Deal)[]): Attribute[] => names.map((name) => ({ name, input: 'long' }));
const number = (...names: (keyof Deal)[]): Attribute[] => names.map((name) => ({ name, input: 'number' }));
const shown = (...names: (keyof Deal)[]): Attribute[] => names.map((name) => ({ name, input: 'shown' }));
const required = (attributes: Attribute[]): Attribute[] => attributes.map((each) => ({ ...each, isRequired: true }));

/** All attributes of a deal, in groups that a person would look for, and in an order that fills columns evenly. */
export const GROUPS: readonly { title: string; attributes: readonly Attribute[] }[] = [
  {
    title: 'Value',
    attributes: [
      ...required(number('opportunity_amount')),
      ...text('currency'),
      ...required(number('conversion_rate', 'probability')),
      { name: 'probability_source', input: 'choice', isRequired: true },
      ...shown('base_opportunity_amount', 'weighted_amount', 'forecast_category', 'total', 'base_total'),
    ],
  },
  {
    title: 'Schedule',
    attributes: [
      { name: 'expected_closing', input: 'date' },
      { name: 'transaction_date', input: 'date', isRequired: true },
      ...text('opportunity_owner', 'opportunity_type'),
      { name: 'pipeline_id', input: 'choice', isRequired: true },
      { name: 'snoozed_until', input: 'time' },
      ...shown('stage_entered_at', 'rotten_at', 'won_at', 'lost_at', 'closed_at', 'created_at', 'updated_at'),
    ],
  },
  {
    title: 'Origin',
    attributes: [
      ...required(text('company')),
      ...text('external_id', 'utm_source', 'utm_campaign', 'utm_medium', 'utm_content'),
      ...shown('id'),
    ],
  },
  {
    title: 'Party',
    attributes: [
      ...required(text('party_name', 'opportunity_from')),
      ...text('customer_name', 'customer_group', 'industry', 'market_segment', 'no_of_employees'),
      ...number('annual_revenue'),
      { name: 'website', input: 'url' },
      ...text('city', 'state', 'country', 'territory', 'language'),
    ],
  },
  {
    title: 'Contact',
    attributes: [
      ...text('contact_person', 'job_title'),
      ...long('contact_display'),
      { name: 'contact_email', input: 'email' },
      ...text('contact_mobile', 'phone', 'phone_ext', 'whatsapp', 'customer_address'),
      ...long('address_display'),
      ...number('first_response_time'),
    ],
  },
];

/** The columns of the grid of line items, besides their amounts. */
export const ITEM_COLUMNS: readonly {
  name: 'item_name' | 'item_code' | 'qty' | 'uom' | 'rate';
  input: Input;
  isNumber?: boolean;
}[] = [
  { name: 'item_name', input: 'text' },
  { name: 'item_code', input: 'text' },
  { name: 'qty', input: 'number', isNumber: true },
  { name: 'uom', input: 'text' },
  { name: 'rate', input: 'number', isNumber: true },
];

/** The attributes of a line item that its row in the grid has no room for. */
export const ITEM_DETAILS: readonly Attribute<keyof Item>[] = [
  { name: 'item_group', input: 'text' },
  { name: 'brand', input: 'text' },
  { name: 'description', input: 'long' },
  { name: 'image', input: 'url' },
  { name: 'image_view', input: 'url' },
  { name: 'external_id', input: 'text' },
  { name: 'base_rate', input: 'shown' },
  { name: 'base_amount', input: 'shown' },
];

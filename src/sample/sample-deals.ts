/** One deal of the sample: what creates it, and what happens to it afterwards, which gives it a history. */
export interface SampleDeal {
  name: string;
  body: object;
  steps: Step[];
}

export interface Step {
  method: 'PATCH' | 'POST';
  /** Below the path of the deal, as in `/lose`. */
  path: string;
  body?: object;
}

const DEALS = 36;

/** The `utm_source` of every sample deal. */
export const SOURCE = 'sample';

const PARTIES = [
  { party_name: 'Acme Industries', industry: 'Manufacturing', city: 'Springfield', country: 'United States' },
  { party_name: 'Muster Möbel', industry: 'Furniture', city: 'Musterstadt', country: 'Germany' },
  { party_name: 'Example Airlines', industry: 'Travel', city: 'Exampleton', country: 'United Kingdom' },
  { party_name: 'Exemple Électronique', industry: 'Electronics', city: 'Exempleville', country: 'France' },
  { party_name: 'Sample Bakery', industry: 'Food', city: 'Anytown', country: 'United States' },
  { party_name: 'Placeholder Logistics', industry: 'Logistics', city: 'Springfield', country: 'United States' },
  { party_name: 'Przykład Produkcja', industry: 'Manufacturing', city: 'Przykładowo', country: 'Poland' },
  { party_name: '見本商事', industry: 'Trade', city: '見本市', country: 'Japan' },
  { party_name: 'Hypothetical Hotels', industry: 'Hospitality', city: 'Anytown', country: 'United Kingdom' },
  { party_name: 'Fictional Farms', industry: 'Agriculture', city: 'Nowhere', country: 'Switzerland' },
  { party_name: 'Imaginary Imports', industry: 'Trade', city: 'Exampleton', country: 'Switzerland' },
];

/** With the worth of one unit in euros, the currency of the company. */
const CURRENCIES: Record<string, { currency: string; conversion_rate: number; territory: string }> = {
  'United States': { currency: 'USD', conversion_rate: 0.92, territory: 'West' },
  Germany: { currency: 'EUR', conversion_rate: 1, territory: 'Middle' },
  'United Kingdom': { currency: 'GBP', conversion_rate: 1.17, territory: 'North' },
  France: { currency: 'EUR', conversion_rate: 1, territory: 'Middle' },
  Poland: { currency: 'PLN', conversion_rate: 0.23, territory: 'East' },
  Japan: { currency: 'JPY', conversion_rate: 0.0061, territory: 'East' },
  Switzerland: { currency: 'CHF', conversion_rate: 1.05, territory: 'Middle' },
};

const PRODUCTS = [
  { item_code: 'CHAIR-01', item_name: 'Office chair', item_group: 'Furniture', uom: 'Piece', rate: 89.95 },
  { item_code: 'DESK-01', item_name: 'Standing desk', item_group: 'Furniture', uom: 'Piece', rate: 349 },
  { item_code: 'LAMP-01', item_name: 'Desk lamp', item_group: 'Lighting', uom: 'Piece', rate: 49.5 },
  { item_code: 'CABLE-01', item_name: 'Cable', item_group: 'Electrics', uom: 'Metre', rate: 0.1 },
  { item_code: 'TABLE-01', item_name: 'Meeting table', item_group: 'Furniture', uom: 'Piece', rate: 890.5 },
  { item_code: 'SHELF-01', item_name: 'Shelf', item_group: 'Furniture', uom: 'Piece', rate: 120 },
  { item_code: 'WORK-01', item_name: 'Assembly', item_group: 'Services', uom: 'Hour', rate: 45.333333333 },
];

const OWNERS = ['sam@example.com', 'robin@example.com', 'kim@example.com'];
const KINDS = ['Lead', 'Customer', 'Prospect'];
const SIZES = ['1-10', '11-50', '51-200', '201-500', '1000+'];
const REASONS = ['Price', 'Timing', 'Competitor', 'No budget'];

/** The stages that the deals go through, which say how probable they are. */
export const SAMPLE_PIPELINE = {
  name: 'Sales',
  stages: [
    { key: 'Prospecting', probability: 10 },
    { key: 'Qualification', probability: 40, rotting_days: 14 },
    { key: 'Proposal', label: 'Proposal sent', probability: 60, forecast_category: 'best_case', rotting_days: 30 },
    { key: 'Negotiation', probability: 80, forecast_category: 'commit', rotting_days: 7 },
    { key: 'Won', type: 'won' },
    { key: 'Lost', type: 'lost' },
  ],
};

const REPLY = { status: 'Replied', sales_stage: 'Qualification' };
const QUOTE = { status: 'Quotation', sales_stage: 'Proposal' };

/** How deals go: most are under way, some are won, lost, or given up. */
const COURSES: ((index: number) => Step[])[] = [
  () => [],
  () => [patch(REPLY)],
  () => [patch(REPLY), patch(QUOTE)],
  () => [patch(REPLY), patch(QUOTE), patch({ sales_stage: 'Negotiation' })],
  () => [patch(REPLY), patch(QUOTE), { method: 'POST', path: '/convert' }],
  (index) => [patch(REPLY), { method: 'POST', path: '/lose', body: lossOf(index) }],
  () => [patch(REPLY)],
  () => [],
  () => [{ method: 'POST', path: '/close' }],
];

/** The same deals for each call on a day; their dates are around that day. */
export function sampleDeals(today: Date): SampleDeal[] {
  return Array.from({ length: DEALS }, (_none, index) => {
    const name = `${SOURCE}-${String(index + 1).padStart(2, '0')}`;
    const body = { ...bodyOf(index, today), utm_source: SOURCE, utm_content: name };
    return { name, body, steps: pick(COURSES, index)(index) };
  });
}

function bodyOf(index: number, today: Date): object {
  const party = pick(PARTIES, index);
  const items = itemsOf(index);
  return {
    ...party,
    ...CURRENCIES[party.country],
    opportunity_from: pick(KINDS, index),
    title: `${items[0]?.item_name ?? ''} for ${party.city}`,
    opportunity_type: index % 3 === 0 ? 'Maintenance' : 'Sales',
    company: 'Example Corp',
    transaction_date: day(today, -3 - ((index * 11) % 120)),
    // Some are overdue, and some have no date yet.
    expected_closing: index % 8 === 7 ? null : day(today, ((index * 17) % 120) - 15),
    opportunity_amount: 500 + ((index * 1370.25) % 30_000),
    opportunity_owner: pick(OWNERS, index),
    no_of_employees: pick(SIZES, index),
    contact_display: 'Robin Example, Purchasing',
    contact_email: 'robin@example.com',
    items,
  };
}

function itemsOf(index: number): { item_name: string }[] {
  return Array.from({ length: 1 + (index % 4) }, (_none, place) => ({
    ...pick(PRODUCTS, index + place * 2),
    qty: 1 + ((index * 3 + place * 5) % 12),
  }));
}

function lossOf(index: number): object {
  const reasons = [pick(REASONS, index), pick(REASONS, index + 1)].slice(0, 1 + (index % 2));
  return {
    lost_reasons: reasons.map((lost_reason) => ({ lost_reason })),
    order_lost_reason: 'They will ask again next year.',
  };
}

function patch(body: object): Step {
  return { method: 'PATCH', path: '', body };
}

/** Lists of different lengths meet in ever new combinations. */
function pick<Entry>(entries: readonly Entry[], index: number): Entry {
  return entries[index % entries.length] as Entry;
}

function day(today: Date, offset: number): string {
  return new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
}

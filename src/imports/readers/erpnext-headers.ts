/** Labels of ERPNext's Data Import file for an Opportunity, in lower case, and the attributes that they are. */
const LABELS: Readonly<Record<string, string>> = {
  id: 'external_id',
  party: 'party_name',
  'expected closing date': 'expected_closing',
  'probability (%)': 'probability',
  'opportunity date': 'transaction_date',
  'print language': 'language',
  'exchange rate': 'conversion_rate',
  'detailed reason': 'order_lost_reason',
  'customer / lead address': 'customer_address',
  address: 'address_display',
  contact: 'contact_display',
  'contact mobile': 'contact_mobile',
  'phone ext.': 'phone_ext',
  source: 'utm_source',
  campaign: 'utm_campaign',
  medium: 'utm_medium',
  content: 'utm_content',
  'id (items)': 'items.external_id',
  'opportunity lost reason (lost reasons)': 'lost_reasons.lost_reason',
};

/** Labels that are the name of the attribute with blanks. */
const SAME = [
  ...['opportunity from', 'customer name', 'title', 'opportunity type', 'status', 'sales stage', 'opportunity owner'],
  ...['first response time', 'currency', 'opportunity amount', 'no of employees', 'contact person', 'contact email'],
  ...['whatsapp', 'territory', 'customer group', 'company', 'annual revenue', 'industry', 'market segment', 'website'],
  ...['phone', 'job title', 'city', 'state', 'country'],
];

const SAME_OF_ITEMS = ['item code', 'qty', 'rate', 'uom', 'item name', 'description', 'item group', 'brand', 'image'];

/** Amounts that the service computes itself, and compares with those of the file. */
const COMPUTED: Readonly<Record<string, string>> = {
  'opportunity amount (company currency)': 'base_opportunity_amount',
  total: 'total',
  'total (company currency)': 'base_total',
  'amount (items)': 'items.amount',
  'rate (company currency) (items)': 'items.base_rate',
  'amount (company currency) (items)': 'items.base_amount',
};

/** Field names of ERPNext that are called otherwise here. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  name: 'external_id',
  contact_by: '',
  source: 'utm_source',
  campaign: 'utm_campaign',
  'items.name': 'items.external_id',
};

const underscored = (label: string): string => label.replaceAll(' ', '_');

const TABLE: ReadonlyMap<string, string> = new Map([
  ...SAME.map((label) => [label, underscored(label)] as const),
  ...SAME_OF_ITEMS.map((label) => [`${label} (items)`, `items.${underscored(label)}`] as const),
  ...Object.entries(FIELD_NAMES).filter(([, attribute]) => attribute !== ''),
  ...Object.entries(LABELS),
]);

/** What a header of ERPNext stands for: the name of an attribute, or of a computed amount. */
export function erpnextHeader(header: string): { attribute: string } | { computed: string } | undefined {
  const label = header.trim().toLowerCase();
  const computed = COMPUTED[label];
  if (computed !== undefined) return { computed };
  const attribute = TABLE.get(label);
  return attribute === undefined ? undefined : { attribute };
}

/** The first cell of ERPNext's older Data Export file, which is laid out otherwise. */
export const OLD_EXPORT = /^\s*(?:column labels:|data import template)/i;

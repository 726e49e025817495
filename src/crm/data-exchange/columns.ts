/*
 * The columns of tables of deals: which header stands for which attribute. Reader and writer use the same lists. An attribute
 * of a child has the name of its list before it, as in `items.qty`; so have the headers of our own tables.
 */

/** The lists of children that stand beside a deal, on its lines. */
export const CHILD_LISTS = ['items', 'lost_reasons'] as const;

export type ChildList = (typeof CHILD_LISTS)[number];

/** One column of ERPNext's table of opportunities. */
export interface ErpnextColumn {
  /** The label of the field; with that of its table behind it, where it is a child's. */
  header: string;
  /** The name of the field in ERPNext, which its REST API has, too. */
  field: string;
  /** Path of our attribute; null for what we do not keep. */
  attribute: string | null;
  /** We do not keep it, and nobody has to be told. */
  isUnmissed?: true;
  /** We compute it ourselves: a reader compares, a writer leaves it out. */
  isComputed?: true;
  /** A time span, such as `1d 2h 3m 4s`; the attribute has seconds. */
  isDuration?: true;
  /** Names that older versions gave the field. */
  formerFields?: readonly string[];
}

const SAME: Readonly<Record<string, string>> = {
  'Opportunity From': 'opportunity_from',
  Party: 'party_name',
  'Customer Name': 'customer_name',
  Title: 'title',
  'Opportunity Type': 'opportunity_type',
  Status: 'status',
  'Sales Stage': 'sales_stage',
  'Opportunity Owner': 'opportunity_owner',
  'Expected Closing Date': 'expected_closing',
  'Probability (%)': 'probability',
  'Opportunity Date': 'transaction_date',
  'Print Language': 'language',
  Currency: 'currency',
  'Exchange Rate': 'conversion_rate',
  'Opportunity Amount': 'opportunity_amount',
  'Detailed Reason': 'order_lost_reason',
  'No of Employees': 'no_of_employees',
  'Customer / Lead Address': 'customer_address',
  Address: 'address_display',
  Contact: 'contact_display',
  'Contact Person': 'contact_person',
  'Contact Email': 'contact_email',
  'Contact Mobile': 'contact_mobile',
  WhatsApp: 'whatsapp',
  Phone: 'phone',
  'Phone Ext.': 'phone_ext',
  Territory: 'territory',
  'Customer Group': 'customer_group',
  Company: 'company',
  'Annual Revenue': 'annual_revenue',
  Industry: 'industry',
  'Market Segment': 'market_segment',
  Website: 'website',
  'Job Title': 'job_title',
  City: 'city',
  State: 'state',
  Country: 'country',
  Medium: 'utm_medium',
  Content: 'utm_content',
};

const COMPUTED: Readonly<Record<string, string>> = {
  'Opportunity Amount (Company Currency)': 'base_opportunity_amount',
  Total: 'total',
  'Total (Company Currency)': 'base_total',
};

const OF_ITEMS: Readonly<Record<string, string>> = {
  'Item Code': 'item_code',
  Qty: 'qty',
  Rate: 'rate',
  UOM: 'uom',
  'Item Name': 'item_name',
  Description: 'description',
  'Item Group': 'item_group',
  Brand: 'brand',
  Image: 'image',
};

const COMPUTED_OF_ITEMS: Readonly<Record<string, string>> = {
  Amount: 'amount',
  'Rate (Company Currency)': 'base_rate',
  'Amount (Company Currency)': 'base_amount',
};

const NOT_KEPT: Readonly<Record<string, string>> = {
  Series: 'naming_series',
  'Amended From': 'amended_from',
  Competitors: 'competitors',
  Notes: 'notes',
};

const plain = (columns: Readonly<Record<string, string>>): ErpnextColumn[] =>
  Object.entries(columns).map(([header, name]) => ({ header, field: name, attribute: name }));

const ofItems = (columns: Readonly<Record<string, string>>): ErpnextColumn[] =>
  Object.entries(columns).map(([label, name]) => {
    const path = `items.${name}`;
    return { header: `${label} (Items)`, field: path, attribute: path };
  });

const computed = (columns: ErpnextColumn[]): ErpnextColumn[] =>
  columns.map((column) => ({ ...column, isComputed: true as const }));

/** The columns of ERPNext's Data Import, in the order in which we write them. */
export const ERPNEXT_COLUMNS: readonly ErpnextColumn[] = [
  { header: 'ID', field: 'name', attribute: 'external_id' },
  ...plain(SAME),
  { header: 'First Response Time', field: 'first_response_time', attribute: 'first_response_time', isDuration: true },
  { header: 'Source', field: 'utm_source', attribute: 'utm_source', formerFields: ['source'] },
  { header: 'Campaign', field: 'utm_campaign', attribute: 'utm_campaign', formerFields: ['campaign'] },
  ...computed(plain(COMPUTED)),
  { header: 'ID (Items)', field: 'items.name', attribute: 'items.external_id' },
  ...ofItems(OF_ITEMS),
  ...computed(ofItems(COMPUTED_OF_ITEMS)),
  { header: 'ID (Lost Reasons)', field: 'lost_reasons.name', attribute: null, isUnmissed: true },
  {
    header: 'Opportunity Lost Reason (Lost Reasons)',
    field: 'lost_reasons.lost_reason',
    attribute: 'lost_reasons.lost_reason',
  },
  ...Object.entries(NOT_KEPT).map(([header, field]) => ({ header, field, attribute: null })),
];

/** The columns that a table for ERPNext is written with. */
export const WRITTEN_ERPNEXT_COLUMNS = ERPNEXT_COLUMNS.filter(
  (column): column is ErpnextColumn & { attribute: string } => column.attribute !== null && !column.isComputed,
);

/** Text that a spreadsheet would take for a formula: any number of `'`, and then one of these. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** A text cell that a spreadsheet shows and does not run. */
export function escapeFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** The text of a cell that `escapeFormula` may have written. */
export function unescapeFormula(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}

/** A time span as ERPNext writes it. */
export function durationOf(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return shown.length === 0 ? '0s' : shown.join(' ');
}

import { stringify } from 'csv-stringify/sync';
import type { Json } from './support/client.js';
import { checkedImport, NDJSON_TYPE, ran, resultsOf } from './support/imports.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0' });
});
afterAll(() => service.stop());

/*
 * The labels and field names of ERPNext's Opportunity, written down here once more: a reader and a writer that share a wrong
 * one would still understand each other.
 */

type Columns = [label: string, field: string, attribute: string, cell: string, value: unknown][];

const OF_DEAL: Columns = [
  ['ID', 'name', 'external_id', 'CRM-OPP-2024-00017', 'CRM-OPP-2024-00017'],
  ['Opportunity From', 'opportunity_from', 'opportunity_from', 'Lead', 'Lead'],
  ['Party', 'party_name', 'party_name', 'CRM-LEAD-1', 'CRM-LEAD-1'],
  ['Customer Name', 'customer_name', 'customer_name', 'Acme', 'Acme'],
  ['Title', 'title', 'title', '=Chairs', '=Chairs'],
  ['Opportunity Type', 'opportunity_type', 'opportunity_type', 'Sales', 'Sales'],
  ['Status', 'status', 'status', 'Lost', 'Lost'],
  ['Sales Stage', 'sales_stage', 'sales_stage', 'Qualification', 'Qualification'],
  ['Opportunity Owner', 'opportunity_owner', 'opportunity_owner', 'jane@example.com', 'jane@example.com'],
  ['Expected Closing Date', 'expected_closing', 'expected_closing', '2024-06-30', '2024-06-30'],
  ['Probability (%)', 'probability', 'probability', '40', 40],
  ['Opportunity Date', 'transaction_date', 'transaction_date', '2024-01-15', '2024-01-15'],
  ['Print Language', 'language', 'language', 'de', 'de'],
  ['First Response Time', 'first_response_time', 'first_response_time', '1d 2h 3m 4s', 93_784],
  ['Currency', 'currency', 'currency', 'EUR', 'EUR'],
  ['Exchange Rate', 'conversion_rate', 'conversion_rate', '2', 2],
  ['Opportunity Amount', 'opportunity_amount', 'opportunity_amount', '1000.5', 1000.5],
  ['Detailed Reason', 'order_lost_reason', 'order_lost_reason', 'Too late', 'Too late'],
  ['No of Employees', 'no_of_employees', 'no_of_employees', '11-50', '11-50'],
  ['Customer / Lead Address', 'customer_address', 'customer_address', 'Acme-Billing', 'Acme-Billing'],
  ['Address', 'address_display', 'address_display', 'Street 1', 'Street 1'],
  ['Contact', 'contact_display', 'contact_display', 'Jane Doe', 'Jane Doe'],
  ['Contact Person', 'contact_person', 'contact_person', 'Jane-Acme', 'Jane-Acme'],
  ['Contact Email', 'contact_email', 'contact_email', 'jane@example.org', 'jane@example.org'],
  ['Contact Mobile', 'contact_mobile', 'contact_mobile', '+49 1', '+49 1'],
  ['WhatsApp', 'whatsapp', 'whatsapp', '+49 2', '+49 2'],
  ['Phone', 'phone', 'phone', '+49 3', '+49 3'],
  ['Phone Ext.', 'phone_ext', 'phone_ext', '12', '12'],
  ['Territory', 'territory', 'territory', 'Germany', 'Germany'],
  ['Customer Group', 'customer_group', 'customer_group', 'Commercial', 'Commercial'],
  ['Company', 'company', 'company', 'Example Corp', 'Example Corp'],
  ['Annual Revenue', 'annual_revenue', 'annual_revenue', '1000000', 1_000_000],
  ['Industry', 'industry', 'industry', 'Furniture', 'Furniture'],
  ['Market Segment', 'market_segment', 'market_segment', 'Upper', 'Upper'],
  ['Website', 'website', 'website', 'example.org', 'example.org'],
  ['Job Title', 'job_title', 'job_title', 'Buyer', 'Buyer'],
  ['City', 'city', 'city', 'Bern', 'Bern'],
  ['State', 'state', 'state', 'BE', 'BE'],
  ['Country', 'country', 'country', 'Switzerland', 'Switzerland'],
  ['Source', 'utm_source', 'utm_source', 'Fair', 'Fair'],
  ['Campaign', 'utm_campaign', 'utm_campaign', 'Spring', 'Spring'],
  ['Medium', 'utm_medium', 'utm_medium', 'Mail', 'Mail'],
  ['Content', 'utm_content', 'utm_content', 'Leaflet', 'Leaflet'],
  ['Opportunity Amount (Company Currency)', 'base_opportunity_amount', 'base_opportunity_amount', '2001', 2001],
  ['Total', 'total', 'total', '23', 23],
  ['Total (Company Currency)', 'base_total', 'base_total', '46', 46],
];

const OF_ITEM: Columns = [
  ['ID (Items)', 'name', 'external_id', 'row-1', 'row-1'],
  ['Item Code (Items)', 'item_code', 'item_code', 'CH-1', 'CH-1'],
  ['Qty (Items)', 'qty', 'qty', '2', 2],
  ['Rate (Items)', 'rate', 'rate', '10.5', 10.5],
  ['UOM (Items)', 'uom', 'uom', 'Nos', 'Nos'],
  ['Item Name (Items)', 'item_name', 'item_name', 'Chair', 'Chair'],
  ['Description (Items)', 'description', 'description', 'A chair', 'A chair'],
  ['Item Group (Items)', 'item_group', 'item_group', 'Furniture', 'Furniture'],
  ['Brand (Items)', 'brand', 'brand', 'Acme', 'Acme'],
  ['Image (Items)', 'image', 'image', '/files/a.png', '/files/a.png'],
  ['Amount (Items)', 'amount', 'amount', '21', 21],
  ['Rate (Company Currency) (Items)', 'base_rate', 'base_rate', '21', 21],
  ['Amount (Company Currency) (Items)', 'base_amount', 'base_amount', '42', 42],
];

/** The second item of the deal has these cells alone. */
const SECOND_ITEM: Json = { name: 'row-2', item_name: 'Cushion', qty: 1, rate: 2 };

const IGNORED = ['Series', 'Amended From', 'Competitors', 'Notes'];

const HEADERS = [
  ...OF_DEAL.map(([label]) => label),
  ...IGNORED,
  ...OF_ITEM.map(([label]) => label),
  ...['ID (Lost Reasons)', 'Opportunity Lost Reason (Lost Reasons)'],
];

function file(): string {
  const empty = OF_DEAL.map(() => '').concat(IGNORED.map(() => ''));
  const first = [...OF_DEAL, ...IGNORED.map((label) => ['', '', '', label]), ...OF_ITEM].map(([, , , cell]) => cell);
  const second = OF_ITEM.map(([, field]) => String(SECOND_ITEM[field] ?? ''));
  const lines = [
    [...first, 'reason-1', 'Price'],
    [...empty, ...second, 'reason-2', 'Competitor'],
  ];
  return stringify([HEADERS, ...lines], { record_delimiter: 'windows', bom: true });
}

/** As ERPNext's REST API has it, with what every document of it has. */
function document(): object {
  const own = {
    owner: 'a@example.com',
    creation: '2024-01-15 10:00:00.123456',
    modified_by: 'b',
    docstatus: 0,
    idx: 0,
  };
  const child = (name: string, idx: number): object => ({ ...own, name, idx, parent: 'x', parenttype: 'Opportunity' });
  const fields = (columns: Columns): Json => Object.fromEntries(columns.map(([, field, , , value]) => [field, value]));
  return {
    ...own,
    ...fields(OF_DEAL),
    ...{ naming_series: 'CRM-OPP-.YYYY.-', amended_from: null, _user_tags: ',hot', doctype: 'Opportunity' },
    items: [
      { ...child('row-1', 1), ...fields(OF_ITEM) },
      { ...child('row-2', 2), ...SECOND_ITEM },
    ],
    lost_reasons: [
      { ...child('reason-1', 1), lost_reason: 'Price' },
      { ...child('reason-2', 2), lost_reason: 'Competitor' },
    ],
    competitors: [],
  };
}

const line = (document: object): string => `${JSON.stringify(document)}\n`;

it("takes every column of ERPNext's Data Import, and finds the documents of its REST API the same", async () => {
  const checked = await checkedImport(service.api, { format: 'erpnext_csv' }, file());
  expect([checked.created, checked.errors]).toEqual([1, []]);
  expect(checked.warnings.map(({ param, code }: Json) => [param, code])).toEqual(
    IGNORED.map((label) => [label, 'column_ignored']),
  );
  await ran(service.api, checked.id);
  const { body } = await service.api.get(
    '/opportunity?fields=*,external_id,items.*,items.external_id,lost_reasons.*&expand=items,lost_reasons',
  );
  const values = (columns: Columns): Json =>
    Object.fromEntries(columns.map(([, , attribute, , value]) => [attribute, value]));
  const { name: external_id, ...second } = SECOND_ITEM;
  expect(body.data).toMatchObject([
    {
      ...values(OF_DEAL),
      items: [values(OF_ITEM), { external_id, ...second }],
      lost_reasons: [{ lost_reason: 'Price' }, { lost_reason: 'Competitor' }],
    },
  ]);
  const again = await checkedImport(
    service.api,
    { format: 'erpnext_json', children: 'replace' },
    line(document()) + line({ data: { ...document(), name: 'OTHER' } }),
    NDJSON_TYPE,
  );
  expect(again).toMatchObject({ rows: 2, unchanged: 1, created: 1, errors: [] });
  expect(again.warnings.map(({ line, param, code }: Json) => [line, param, code])).toEqual(
    [
      ...[
        'owner',
        'modified_by',
        'docstatus',
        'idx',
        'naming_series',
        '_user_tags',
        'doctype',
        'items.owner',
        'items.creation',
      ],
      ...['items.modified_by', 'items.docstatus', 'items.parent', 'items.parenttype', 'lost_reasons.owner'],
      ...['lost_reasons.creation', 'lost_reasons.modified_by', 'lost_reasons.docstatus', 'lost_reasons.parent'],
      ...['lost_reasons.parenttype', 'competitors'],
    ].map((param) => [1, param, 'column_ignored']),
  );
});

it('exports what it took under the same labels', async () => {
  const { text } = await service.api.get('/opportunity/export?format=erpnext_csv');
  const [header = ''] = text.split('\r\n');
  const computed = HEADERS.filter((label) => /^(Total|Amount)|Company Currency/.test(label));
  const left = [...IGNORED, ...computed, 'ID (Lost Reasons)'];
  expect(header.split(',').toSorted()).toEqual(HEADERS.filter((label) => !left.includes(label)).toSorted());
});

const BASE = { opportunity_from: 'Lead', party_name: 'Acme', company: 'Us', transaction_date: '2024-01-15' };
const HEADER = 'ID,Opportunity From,Party,Company,Opportunity Date,Qty (Items),Rate (Items),Amount (Items),Total';

it.each([
  [
    'erpnext_csv',
    `${HEADER}\nOPP-9,Lead,Acme,Us,2024-01-15,3,2.5,7.5,7.50\n,,,,,4,1,5,\nOPP-10,Lead,Acme,Us,2024-01-15,1,1,1,2\n`,
    [2, 3, 4],
    '7.50',
  ],
  [
    'erpnext_json',
    line({
      ...BASE,
      name: 'OPP-9',
      total: 7.5,
      items: [
        { qty: 3, rate: 2.5, amount: 7.5 },
        { qty: 4, rate: 1, amount: 5 },
      ],
    }) + line({ ...BASE, name: 'OPP-10', total: 2, items: [{ qty: 1, rate: 1, amount: 1 }] }),
    [1, 1, 2],
    '7.5',
  ],
])('%s is compared with the amounts that the service computes', async (format, file, lines, total) => {
  const type = format === 'erpnext_json' ? NDJSON_TYPE : undefined;
  const { warnings } = await checkedImport(service.other, { format }, file, type);
  const differing = [
    ['total', total, '11.5'],
    ['items[1].amount', '5', '4'],
    ['total', '2', '1'],
  ];
  expect(warnings).toEqual(
    differing.map(([param, theirs, ours], at) => ({
      ...{ line: lines[at], param, code: 'value_differs' },
      message: `${param} is '${theirs}' in the file; the service computes ${ours}.`,
    })),
  );
});

it('takes the corrected rows of errors.ndjson without a warning', async () => {
  const rows =
    line({ ...BASE, name: 'OPP-11', probability: 140 }) + line({ data: { ...BASE, name: 'OPP-12', status: 'Won' } });
  const { id } = await checkedImport(service.other, { format: 'erpnext_json' }, `${rows}nonsense\n`, NDJSON_TYPE);
  await ran(service.other, id);
  const { text } = await service.other.get(`//api/imports/${String(id)}/errors.ndjson`);
  const corrected = text.replace('140', '14').replace('Won', 'Open').replace('"_raw"', `"party_name":"Acme","_raw"`);
  const again = await checkedImport(service.other, { format: 'erpnext_json' }, corrected, NDJSON_TYPE);
  expect(again).toMatchObject({ rows: 3, created: 2, failed: 1, warnings: [] });
  expect((await resultsOf(service.other, again.id)).map(({ outcome }) => outcome as string)).toEqual([
    ...['created', 'created', 'failed'],
  ]);
});

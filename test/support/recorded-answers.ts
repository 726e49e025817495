/** A request whose answer is recorded; `{deal}` and the like are ids of earlier answers, `{etag}` is that of the last GET. */
interface Step {
  request: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Names the id of the answer, or of its first child of each kind, for later steps. */
  as?: string;
}

const WHOLE_DEAL = {
  opportunity_from: 'Lead',
  party_name: 'CRM-LEAD-2026-00001',
  customer_name: 'Aurora Labs',
  title: 'Office chairs – for “Zürich”',
  opportunity_type: 'Sales',
  status: 'Open',
  expected_closing: '2026-12-31',
  currency: 'EUR',
  opportunity_amount: 12500.5,
  sales_stage: 'Prospecting',
  probability: 40.25,
  contact_person: 'CONT-0001',
  contact_email: 'robin@example.com',
  contact_mobile: '+41 44 555 55 55',
  opportunity_owner: 'sam@example.com',
  company: 'Example Corp',
  transaction_date: '2026-01-15',
  territory: 'North',
  conversion_rate: 1.0825,
  items: [
    { item_code: 'CHAIR', qty: 3, rate: 89.95, uom: 'Nos', item_name: 'Office chair', description: 'Black.' },
    { item_code: 'DESK', rate: 0.005 },
  ],
  lost_reasons: [{ lost_reason: 'Price' }],
};

const NAMES = 'title,status,opportunity_amount,base_opportunity_amount,total,base_total';

const REQUIRED = {
  party_name: 'Lumen',
  opportunity_from: 'Lead',
  company: 'Example Corp',
  transaction_date: '2026-01-15',
};

/** Everything that a client of the three resources does in its first week, by default: nothing opt-in but what has a name here. */
const STEPS: readonly Step[] = [
  { request: 'GET /opportunity' },
  { request: 'POST /opportunity', body: { ...REQUIRED, opportunity_from: 'Customer' }, as: 'plain' },
  { request: 'POST /opportunity', body: WHOLE_DEAL, as: 'deal' },
  { request: 'GET /opportunity/{deal}' },
  { request: 'GET /opportunity/{deal}?expand=items,lost_reasons', as: 'parts' },
  { request: `GET /opportunity/{deal}?fields=${NAMES}` },
  { request: 'GET /opportunity?limit=1' },
  { request: 'GET /opportunity?limit=1&offset=1' },
  { request: 'GET /opportunity?status=Open&sort=opportunity_amount&opportunity_amount[gte]=1' },
  { request: 'GET /opportunity?q=aurora' },
  { request: 'GET /opportunity?expand=items&limit=2&sort=title' },
  { request: 'PATCH /opportunity/{deal}', body: { probability: 60, sales_stage: null, notes: null } },
  { request: 'PATCH /opportunity/{deal}', body: { probability: 60, sales_stage: 'Negotiation' } },
  { request: 'PATCH /opportunity/{deal}', body: { conversion_rate: 2 } },
  { request: 'PATCH /opportunity/{deal}', body: {} },
  { request: 'GET /opportunity-item?parent_id={deal}' },
  { request: 'GET /opportunity-item?parent_id={deal}&limit=1&offset=1' },
  {
    request: 'POST /opportunity-item',
    body: { opportunity_id: '{deal}', item_code: 'LAMP', qty: 2, rate: 10, idx: 1 },
  },
  { request: 'GET /opportunity-item/{item}' },
  { request: 'PATCH /opportunity-item/{item}', body: { qty: 4, idx: 3 } },
  {
    request: 'POST /opportunity-item/reorder',
    body: { parent_id: '{deal}', ids: ['{item}', '{last item}', '{added}'] },
  },
  { request: 'DELETE /opportunity-item/{last item}' },
  { request: 'GET /opportunity-lost-reason-detail?parent_id={deal}' },
  { request: 'POST /opportunity-lost-reason-detail', body: { opportunity_id: '{deal}', lost_reason: 'Timing' } },
  { request: 'PATCH /opportunity-lost-reason-detail/{reason}', body: { idx: 2 } },
  { request: 'DELETE /opportunity-lost-reason-detail/{reason}' },
  { request: 'PUT /opportunity/{plain}/items', body: { items: [{ item_code: 'A', rate: 1.5 }, { item_code: 'B' }] } },
  {
    request: 'POST /opportunity/{plain}/lose',
    body: { lost_reasons: [{ lost_reason: 'Price' }], order_lost_reason: 'x' },
  },
  { request: 'POST /opportunity/{plain}/reopen', body: {} },
  { request: 'POST /opportunity/{plain}/close', body: {} },
  {
    request: 'POST /opportunity/batch',
    body: {
      operations: [
        { method: 'create', body: REQUIRED },
        { method: 'update', id: '{deal}', body: { title: 'Two' } },
        { method: 'delete', id: '{plain}' },
      ],
    },
  },
  { request: 'GET /opportunity/{deal}' },
  { request: 'GET /opportunity/{deal}', headers: { 'if-none-match': '{etag}' } },
  { request: 'PATCH /opportunity/{deal}', body: { title: 'Late' }, headers: { 'if-match': '"1"' } },
  { request: 'POST /opportunity', body: { party_name: 5, nobody: 1, probability: 101 } },
  { request: 'GET /opportunity?limit=0&foo=1' },
  { request: 'GET /opportunity/opportunity_00000000000000000000000000' },
  { request: 'PUT /opportunity/{deal}', body: {} },
  { request: 'POST /nothing', body: {} },
  { request: 'DELETE /opportunity/{deal}' },
  { request: 'GET /opportunity?limit=1&sort=created_at' },
];

const SHOWN_HEADERS = ['content-type', 'location', 'etag', 'allow'];

/** Sends the requests to an empty workspace, one after the other. Answers what came back, with numbers for ids and times. */
export async function recordedAnswers(origin: string, key: string): Promise<string> {
  const ids = new Map<string, string>();
  const withIds = (text: string): string => text.replace(/\{([a-z ]+)\}/g, (_all, name: string) => ids.get(name) ?? '');
  const parts: string[] = [];
  for (const { request, body, headers = {}, as = '' } of STEPS) {
    const [method = '', path = ''] = withIds(request).split(' ');
    const response = await fetch(`${origin}/api/crm${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, withIds(value)])),
      },
      ...(body !== undefined && { body: withIds(JSON.stringify(body)) }),
    });
    const text = await response.text();
    if (method === 'GET') ids.set('etag', response.headers.get('etag') ?? '');
    remember(ids, request, as, text);
    const shown = SHOWN_HEADERS.flatMap((name) =>
      response.headers.get(name) ? [`${name}: ${response.headers.get(name)}`] : [],
    );
    parts.push(
      [`### ${request}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`, response.status, ...shown, text].join(
        '\n',
      ),
    );
  }
  return anonymous(parts.join('\n\n'), origin);
}

function remember(ids: Map<string, string>, request: string, as: string, text: string): void {
  if (as === '' && !request.startsWith('POST /opportunity-item ') && request !== 'POST /opportunity-item') return;
  const answer = JSON.parse(text) as { id: string; items?: { id: string }[]; lost_reasons?: { id: string }[] };
  if (as === 'parts') {
    ids.set('item', answer.items?.[0]?.id ?? '');
    ids.set('last item', answer.items?.[1]?.id ?? '');
    ids.set('reason', answer.lost_reasons?.[0]?.id ?? '');
  } else ids.set(as === '' ? 'added' : as, answer.id);
}

/** The same text for every run: ids by the order in which they appear, and no times. */
function anonymous(text: string, origin: string): string {
  const numbers = new Map<string, string>();
  return text
    .replaceAll(origin, '')
    .replace(
      /\b(opportunity|opportunity-item|opportunity-lost-reason-detail)_(?!0{26})([0-9a-z]{26})\b/g,
      (id, kind: string) => {
        if (!numbers.has(id)) numbers.set(id, `${kind}_${numbers.size + 1}`);
        return numbers.get(id) ?? '';
      },
    )
    .replace(/req_[0-9a-z]+/g, 'req_…')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '…T…Z');
}

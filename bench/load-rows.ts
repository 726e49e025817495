import type pg from 'pg';
import { monotonicFactory } from 'ulid';
import { Progress } from './progress.js';

const CHUNK = 5000;
const MINUTE_MS = 60_000;

/** One deal in ten has five line items, one in a hundred twenty, the others none. */
function itemsOf(n: number): number {
  if (n % 100 === 5) return 20;
  return n % 10 === 0 ? 5 : 0;
}

/** Quantity and rate of line item `i` of deal `n`, as SQL. */
const QTY = '(1 + (r.n + i) % 5)::numeric';
const RATE = '(10 + (r.n * i) % 990 + 0.95)';

const DEALS = `insert into opportunity (workspace_id, id, created_at, updated_at, opportunity_from, party_name,
    customer_name, title, opportunity_type, status, expected_closing, currency, opportunity_amount, sales_stage,
    probability, territory, customer_group, contact_person, contact_display, contact_email, company, transaction_date,
    language, conversion_rate, annual_revenue, industry, opportunity_owner, website, phone, city, country, utm_source,
    total, base_total, stage_entered_at, won_at, lost_at, closed_at)
  select $1, r.id, t.at, t.at, (array['Lead', 'Customer', 'Prospect'])[1 + r.n % 3], 'Party ' || r.n % 20011,
    'Customer ' || r.n % 20011, 'Deal ' || r.n || ' with party ' || r.n % 20011, 'Sales',
    (array['Open', 'Open', 'Replied', 'Quotation', 'Converted', 'Lost', 'Closed'])[1 + h % 7],
    (t.at + (h % 180) * interval '1 day')::date, (array['USD', 'EUR', 'GBP'])[1 + h % 3], (h % 10000000) / 100.0,
    (array['Prospecting', 'Qualification', 'Proposal', 'Negotiation'])[1 + h % 4], h % 101, 'Territory ' || h % 50,
    'Commercial', 'CONT-' || r.n % 20011, 'Contact ' || r.n % 20011 || ', Purchasing',
    'contact' || r.n % 20011 || '@example.com', 'Example Corp', t.at::date, 'en', 1.25, (h % 1000) * 1000,
    'Manufacturing', 'owner-' || h % 100 || '@example.com', 'https://example.com/' || r.n % 20011, '+1 555 0100',
    'Springfield', 'United States', 'newsletter', s.total, s.base_total, t.at,
    case h % 7 when 4 then e.at end, case h % 7 when 5 then e.at end, case h % 7 when 6 then e.at end
  from (select id, $3::int + place::int - 1 as n, items
      from unnest($2::text[], $5::int[]) with ordinality u (id, items, place)) r,
    lateral (select $4::timestamptz + r.n * interval '1 minute' as at, (r.n::bigint * 48271) % 2147483647 as h) t,
    lateral (select t.at + (h % 90) * interval '1 day' as at) e,
    lateral (select coalesce(sum(${QTY} * ${RATE}), 0) as total, coalesce(sum(1.25 * ${QTY} * ${RATE}), 0) as base_total
      from generate_series(1, r.items) i) s`;

const ITEMS = `insert into opportunity_item (workspace_id, id, opportunity_id, idx, item_code, qty, item_group, uom,
    item_name, description, rate, conversion_rate)
  select $1, r.id, r.opportunity_id, i, 'ITEM-' || i, ${QTY}, 'Furniture', 'Nos', 'Item ' || i, 'Line item ' || i,
    ${RATE}, 1.25
  from unnest($2::text[], $3::text[], $4::int[], $5::int[]) r (id, opportunity_id, n, i)`;

/**
 * Fills the empty table of a workspace with opportunities a minute apart, the last one an hour ago, line items and
 * totals included, in statements of some thousand rows; then brings the planner's statistics up to date.
 */
export async function loadRows(client: pg.Client, workspaceId: string, rows: number): Promise<void> {
  const progress = new Progress('loading', rows);
  const start = Date.now() - 60 * MINUTE_MS - rows * MINUTE_MS;
  const nextId = monotonicFactory();
  for (let first = 0; first < rows; first += CHUNK) {
    const numbers = Array.from({ length: Math.min(CHUNK, rows - first) }, (_, index) => first + index);
    const ids = numbers.map((n) => `opportunity_${nextId(start + n * MINUTE_MS).toLowerCase()}`);
    const items = numbers.flatMap((n, index) =>
      Array.from({ length: itemsOf(n) }, (_, place) => ({ n, parent: ids[index], i: place + 1 })),
    );
    await client.query(DEALS, [workspaceId, ids, first, new Date(start), numbers.map(itemsOf)]);
    await client.query(ITEMS, [
      workspaceId,
      items.map(({ n }) => `opportunity-item_${nextId(start + n * MINUTE_MS).toLowerCase()}`),
      items.map(({ parent }) => parent),
      items.map(({ n }) => n),
      items.map(({ i }) => i),
    ]);
    progress.show(first + numbers.length);
  }
  await client.query('vacuum (analyze) opportunity, opportunity_item, row_count');
}

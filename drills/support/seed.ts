/*
 * Opportunities with two line items each and a lost reason, straight into the tables of a workspace. The numbers in ids
 * and values are those of the row, so that two runs make the same.
 */

export type Execute = (text: string, values?: unknown[]) => Promise<unknown>;

const OPPORTUNITIES = `
  insert into opportunity (workspace_id, id, created_at, updated_at, opportunity_from, party_name, title, company,
    transaction_date, status, opportunity_amount, conversion_rate, total, base_total)
  select $1, 'opportunity_01' || lpad(to_hex(n), 24, '0'), t, t, 'Lead', 'Party ' || n % 1000, 'Deal ' || n, 'Example Corp',
    date '2024-01-01' + n % 700, (array['Open', 'Replied', 'Quotation', 'Lost'])[n % 4 + 1], n % 5000 + 0.25, 0.917431,
    round(n % 7 * 19.99, 9) + 40.01, round(0.917431 * (n % 7 * 19.99), 9) + round(0.917431 * 40.01, 9)
  from generate_series(1, $2::int) n, lateral (select timestamptz '2024-01-01T00:00:00Z' + n * interval '1 second' as t) at`;

const ITEMS = `
  insert into opportunity_item (workspace_id, id, idx, opportunity_id, item_name, qty, rate, conversion_rate)
  select $1, 'opportunity-item_01' || lpad(to_hex(n * 2 + i), 24, '0'), i, 'opportunity_01' || lpad(to_hex(n), 24, '0'),
    'Item ' || i, case i when 1 then n % 7 else 1 end, case i when 1 then 19.99 else 40.01 end, 0.917431
  from generate_series(1, $2::int) n, generate_series(1, 2) i`;

const REASONS = `
  insert into opportunity_lost_reason_detail (workspace_id, id, idx, opportunity_id, lost_reason)
  select $1, 'opportunity-lost-reason-detail_01' || lpad(to_hex(n), 24, '0'), 1, 'opportunity_01' || lpad(to_hex(n), 24, '0'),
    'Price'
  from generate_series(1, $2::int) n where n % 4 = 3`;

export async function seed(execute: Execute, workspaceId: string, opportunities: number): Promise<void> {
  for (const text of [OPPORTUNITIES, ITEMS, REASONS]) await execute(text, [workspaceId, opportunities]);
  await execute('analyze');
}

import type { Client, Json } from './client.js';
import type { TestDatabase } from './database.js';

/** The create body of the public reference: the least an opportunity needs. */
export const minimal = {
  opportunity_from: 'opportunity_from_example',
  party_name: 'party_name_example',
  company: 'Example Corp',
  transaction_date: '2024-01-15',
};

export async function createOpportunity(api: Client, body: object = {}): Promise<Json> {
  return created(await api.post('/opportunity', { ...minimal, ...body }));
}

export async function addItem(api: Client, opportunityId: string, body: object = {}): Promise<Json> {
  return created(await api.post('/opportunity-item', { opportunity_id: opportunityId, ...body }));
}

export async function addReason(api: Client, opportunityId: string, lostReason = 'Price'): Promise<Json> {
  return created(
    await api.post('/opportunity-lost-reason-detail', { opportunity_id: opportunityId, lost_reason: lostReason }),
  );
}

function created({ status, body, text }: { status: number; body: Json; text: string }): Json {
  if (status !== 201) throw new Error(`expected 201, got ${status}: ${text}`);
  return body;
}

/** Stores copies of a deal, all at once. */
export async function copyDeal(database: TestDatabase, id: string, copies: number): Promise<void> {
  const [columns] = await database.query<{ list: string }>(`select string_agg(column_name, ', ') as list
    from information_schema.columns where table_name = 'opportunity' and is_generated = 'NEVER' and column_name <> 'id'`);
  await database.query(`insert into opportunity (id, ${columns?.list})
    select '${id.slice(0, -5)}' || lpad(n::text, 5, 'm'), ${columns?.list}
    from opportunity, generate_series(1, ${copies}) n where id = '${id}'`);
}

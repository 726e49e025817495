import type { Client, Json } from './client.js';

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

import type { components, paths } from 'crm-opportunity-api';

/*
 * What a consumer writes: types made from openapi.json, and fetch. It is checked against those types, and run against the
 * service.
 */

type Schemas = components['schemas'];
type ItemQuery = paths['/api/crm/opportunity-item']['get']['parameters']['query'];

export interface Report {
  opportunity: Schemas['Opportunity'];
  items: Schemas['OpportunityItemList'];
  listed: Schemas['OpportunityList']['total'];
  error: Schemas['ErrorDetail'];
}

export async function sellChairs(api: string, key: string): Promise<Report> {
  const send = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
    const response = await fetch(api + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return (await response.json()) as Answer;
  };

  const wanted: Schemas['OpportunityCreate'] = {
    opportunity_from: 'Lead',
    party_name: 'Acme Industries',
    company: 'Example Corp',
    transaction_date: '2024-01-15',
    contact_email: null,
  };
  const { id } = await send<Schemas['Opportunity']>('POST', '/opportunity', wanted);

  const chair: Schemas['OpportunityItemCreate'] = { opportunity_id: id, item_name: 'Chair', qty: 3, rate: 19.99 };
  const desk: Schemas['OpportunityItemCreate'] = { opportunity_id: id, item_name: 'Desk', rate: 240, idx: 1 };
  await send<Schemas['OpportunityItem']>('POST', '/opportunity-item', chair);
  await send<Schemas['OpportunityItem']>('POST', '/opportunity-item', desk);

  const query: ItemQuery = { parent_id: id };
  const before = await send<Schemas['OpportunityItemList']>(
    'GET',
    `/opportunity-item?parent_id=${encodeURIComponent(query.parent_id)}`,
  );
  const order: Schemas['Reorder'] = {
    parent_id: id,
    ids: before.data.map((item: { id: string }) => item.id).reverse(),
  };
  const items = await send<Schemas['OpportunityItemList']>('POST', '/opportunity-item/reorder', order);

  const change: Schemas['OpportunityUpdate'] = { status: 'Quotation', probability: 60, expected_closing: null };
  const opportunity = await send<Schemas['Opportunity']>('PATCH', `/opportunity/${id}`, change);

  const page = await send<Schemas['OpportunityList']>('GET', '/opportunity?limit=1');
  const { error } = await send<Schemas['ApiError']>('GET', '/opportunity/unknown');
  return { opportunity, items, listed: page.total, error };
}

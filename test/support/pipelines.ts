import { createOpportunity } from './fixtures.js';
import type { Client, Json } from './client.js';

/** A pipeline with two open stages, one that is won and one that is lost. */
export const STAGES = [
  { key: 'A', probability: 10 },
  { key: 'B', probability: 50, rotting_days: 14, forecast_category: 'best_case' },
  { key: 'Won', type: 'won' },
  { key: 'Lost', type: 'lost' },
];

export interface MadePipeline {
  id: string;
  /** Ids of its stages by key. */
  stages: Record<string, string>;
}

export async function createPipeline(api: Client, body: object = {}): Promise<MadePipeline> {
  const { status, text, body: made } = await api.post('/pipeline', { name: 'New business', stages: STAGES, ...body });
  if (status !== 201) throw new Error(text);
  const stages = ((made.stages ?? []) as Json[]).map(({ key, id }) => [key, id] as [string, string]);
  return { id: made.id, stages: Object.fromEntries(stages) };
}

/** Deletes all deals and pipelines of a workspace. */
export async function clearPipelines(api: Client): Promise<void> {
  for (const { id } of (await api.get('/opportunity?limit=100')).body.data) await api.delete(`/opportunity/${id}`);
  const { data } = (await api.get('/pipeline?sort=is_default')).body;
  for (const { id } of data) await api.delete(`/pipeline/${id}`);
}

export const SHOWN =
  'id,status,sales_stage,probability,probability_source,pipeline_id,stage_id,stage_entered_at,won_at,lost_at,closed_at,created_at';

/** A new deal, with what it has to do with stages. */
export async function createDeal(api: Client, body: object = {}): Promise<Json> {
  const { id } = await createOpportunity(api, body);
  return (await api.get(`/opportunity/${id}?fields=${SHOWN}`)).body;
}

/** Stage, status, probability and its source, in a word each. */
export const inWords = ({ sales_stage, status, probability, probability_source }: Json): string =>
  [sales_stage, status, probability, probability_source].join(' ');

import type pg from 'pg';
import { createKey } from './database.js';

/** Deals of a workspace that has a pipeline; the others have none, and do not pay for one. */
export interface StagedDeals {
  ids: string[];
  /** Keys of the open stages, in order; all deals are in the first. */
  stages: string[];
  /** Of a request of that workspace. */
  headers: Record<string, string>;
}

const WORKSPACE = 'staged';
const STAGES = ['Prospecting', 'Qualification', 'Proposal', 'Negotiation'];
const WANTED = 2000;

const PIPELINE = `with w as (select id from workspace where name = '${WORKSPACE}'),
  p as (insert into pipeline (workspace_id, id, name, is_default) select id, 'pipeline_bench', 'Sales', true from w returning *)
  insert into pipeline_stage (workspace_id, id, idx, pipeline_id, key, label, probability, forecast_category)
  select p.workspace_id, 'pipeline-stage_' || idx, idx, p.id, key, key, idx * 20, 'pipeline'
  from p, unnest($1::text[]) with ordinality s (key, idx)`;

const DEALS = `insert into opportunity (workspace_id, id, created_at, updated_at, stage_entered_at, opportunity_from, party_name,
    company, transaction_date, opportunity_amount, title, pipeline_id, stage_id, sales_stage, probability)
  select s.workspace_id, 'opportunity_' || lpad(n::text, 26, '0'), at, at, at, 'Lead', 'Party ' || n, 'Example Corp', at::date,
    n, 'Deal ' || n, s.pipeline_id, s.id, s.key, s.probability
  from pipeline_stage s, generate_series(1, ${WANTED}) n, date_trunc('milliseconds', now() - interval '1 day') at where s.idx = 1
  returning id`;

export async function loadStagedDeals(client: pg.Client, url: string): Promise<StagedDeals> {
  const key = await createKey(url, WORKSPACE);
  await client.query(PIPELINE, [STAGES]);
  const { rows } = await client.query<{ id: string }>(DEALS);
  await client.query('vacuum (analyze) opportunity, pipeline_stage, opportunity_state');
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return { ids: rows.map(({ id }) => id), stages: STAGES, headers };
}

/** Puts the deals back as they were loaded. */
export async function returnToFirstStage(client: pg.Client): Promise<void> {
  await client.query('truncate opportunity_state');
  await client.query(`update opportunity set stage_id = s.id, sales_stage = s.key, probability = s.probability,
      stage_entered_at = created_at, updated_at = created_at, version = 1
    from pipeline_stage s where s.workspace_id = opportunity.workspace_id and s.idx = 1`);
  await client.query('vacuum (analyze) opportunity, opportunity_state');
}

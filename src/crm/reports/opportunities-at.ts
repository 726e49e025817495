import { STORED } from './reportable.js';

/** What is kept of how a deal was, beside when it came into its stage. */
const AMOUNTS = ['currency', 'opportunity_amount', 'base_opportunity_amount'];
export const KEPT_FOR_CHANGES = ['status', 'expected_closing', ...AMOUNTS];
export const KEPT_FOR_PIPELINE = [
  ...KEPT_FOR_CHANGES,
  'probability',
  'pipeline_id',
  'stage_id',
  'sales_stage',
  'stage_entered_at',
];

/** Which moment a deal is shown as of: with what was written at the moment itself, or just before it. */
export type Side = 'at' | 'before';

/**
 * The deals that there were at a moment, for a `from`, with these attributes as they were then and all others as they are now.
 * `moment` is the SQL of a time. The state of then is the first that was left later; without one it is the present one. A stage
 * that was deleted since is none.
 */
export function opportunitiesAt(moment: string, kept: readonly string[], side: Side): string {
  const [created, left] = side === 'at' ? ['<=', '>'] : ['<', '>='];
  const columns = STORED.map((name) => (kept.includes(name) ? `${asItWas(name)} as ${name}` : `o.${name}`));
  return `(select o.workspace_id, ${columns.join(', ')} from opportunity o
    left join (select distinct on (opportunity_id) * from opportunity_state
      where workspace_id = $1 and left_at ${left} ${moment} order by opportunity_id, left_at) s on s.opportunity_id = o.id
    where o.workspace_id = $1 and o.created_at ${created} ${moment})`;
}

function asItWas(name: string): string {
  const then =
    name === 'stage_id'
      ? '(select g.id from pipeline_stage g where g.workspace_id = $1 and g.id = s.stage_id)'
      : `s.${name}`;
  return `case when s.opportunity_id is null then o.${name} else ${then} end`;
}

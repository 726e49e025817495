import { columnList } from '../../common/index.js';

/** What a state of an opportunity has. */
const COLUMNS = [
  'status',
  'pipeline_id',
  'stage_id',
  'sales_stage',
  'stage_entered_at',
  'currency',
  'opportunity_amount',
  'base_opportunity_amount',
  'probability',
  'expected_closing',
];

/**
 * All states that the opportunities of a workspace have been in, each from `began_at` until `left_at`; the present one has
 * no `left_at`. SQL for a `from`, over the workspace as `$1`; `only` restricts it to some ids, as in `= $2`.
 */
export function statesSql(only?: string): string {
  const isWanted = (column: string): string => (only === undefined ? '' : ` and ${column} ${only}`);
  return `(select *, coalesce(lag(left_at) over (partition by opportunity_id order by left_at), created_at) as began_at
    from (
      select former.opportunity_id, ${columnList(COLUMNS, 'former')}, former.left_at, o.created_at
      from opportunity_state former join opportunity o on o.workspace_id = $1 and o.id = former.opportunity_id
      where former.workspace_id = $1${isWanted('former.opportunity_id')}
      union all
      select id, ${columnList(COLUMNS, 'opportunity')}, null, created_at from opportunity
      where workspace_id = $1${isWanted('id')}) every_state)`;
}

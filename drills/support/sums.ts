/** What must hold of every opportunity whatever has happened: SQL that answers one row for each that breaks a rule. */
const RULES: Record<string, string> = {
  'a child without its opportunity': `
    select c.id from (select workspace_id, id, opportunity_id from opportunity_item
      union all select workspace_id, id, opportunity_id from opportunity_lost_reason_detail) c
    where not exists (select from opportunity o where o.workspace_id = c.workspace_id and o.id = c.opportunity_id)`,
  'line items not numbered from 1 without gap': gaps('opportunity_item'),
  'lost reasons not numbered from 1 without gap': gaps('opportunity_lost_reason_detail'),
  'totals that are not the sums': `
    select o.id from opportunity o left join lateral (
      select coalesce(sum(amount), 0) as total, coalesce(sum(base_amount), 0) as base_total from opportunity_item i
      where i.workspace_id = o.workspace_id and i.opportunity_id = o.id) s on true
    where o.total <> s.total or o.base_total <> s.base_total`,
  'a line item with another conversion rate than its opportunity': `
    select i.id from opportunity_item i join opportunity o on o.workspace_id = i.workspace_id and o.id = i.opportunity_id
    where i.conversion_rate <> o.conversion_rate`,
  'a counter that is not the number of rows': `
    select c.workspace_id as id from (select workspace_id, sum(n) as n from row_count
      where table_name = 'opportunity' group by workspace_id) c
    where c.n <> (select count(*) from opportunity o where o.workspace_id = c.workspace_id)`,
};

function gaps(table: string): string {
  return `select opportunity_id as id from ${table} group by workspace_id, opportunity_id
    having min(idx) <> 1 or max(idx) <> count(*) or count(distinct idx) <> count(*)`;
}

/** The states of every deal, each with what the one before it was, and since when it lasts. */
const STEPS = `select *, lag(left_at) over w as began, lag(status) over w as former_status,
    lag(stage_entered_at) over w as former_entered,
    (lag(pipeline_id) over w, lag(stage_id) over w, lag(sales_stage) over w)
      is distinct from (pipeline_id, stage_id, sales_stage) as is_moved
  from (select workspace_id, opportunity_id as id, null::timestamptz as created_at, left_at, status, pipeline_id, stage_id,
      sales_stage, stage_entered_at, null::timestamptz as ended_at from opportunity_state
    union all select workspace_id, id, created_at, null, status, pipeline_id, stage_id, sales_stage, stage_entered_at,
      coalesce(won_at, lost_at, closed_at) from opportunity) states
  window w as (partition by workspace_id, id order by left_at nulls last)`;

const OPEN = `('Open', 'Replied', 'Quotation')`;

/** The same of deals that were written through the API alone. Periods are the states with one `stage_entered_at`. */
const PERIOD_RULES: Record<string, string> = {
  'a stage period that does not begin where the one before it ended': `select id from (${STEPS}) steps
    where began is not null and stage_entered_at <> case
      when is_moved or former_status not in ${OPEN} and status in ${OPEN} then began else former_entered end`,
  'a first stage period that does not begin with the deal': `select o.id from opportunity o where o.created_at <> coalesce(
      (select s.stage_entered_at from opportunity_state s where s.workspace_id = o.workspace_id and s.opportunity_id = o.id
        order by s.left_at limit 1), o.stage_entered_at)`,
  'a state that was left before it began': `select id from (${STEPS}) steps where left_at <= began or left_at < stage_entered_at`,
  'a deal that ended at another time than its last period': `select id from (${STEPS}) steps
    where left_at is null and (status in ${OPEN}) <> (ended_at is null)
      or left_at is null and former_status in ${OPEN} and status not in ${OPEN} and ended_at <> began`,
};

export type FindIds = (text: string) => Promise<{ id: string }[]>;

/** One line for each rule that some rows break. */
export const brokenRules = (query: FindIds): Promise<string[]> => broken(RULES, query);

/** The same for the periods of deals in stages. */
export const brokenPeriods = (query: FindIds): Promise<string[]> => broken(PERIOD_RULES, query);

async function broken(rules: Record<string, string>, query: FindIds): Promise<string[]> {
  const broken: string[] = [];
  for (const [rule, text] of Object.entries(rules)) {
    const rows = await query(text);
    if (rows.length > 0) broken.push(`${rule}: ${rows.length}, such as ${rows[0]?.id ?? ''}`);
  }
  return broken;
}

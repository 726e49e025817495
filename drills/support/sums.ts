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

/** One line for each rule that some rows break. */
export async function brokenRules(query: (text: string) => Promise<{ id: string }[]>): Promise<string[]> {
  const broken: string[] = [];
  for (const [rule, text] of Object.entries(RULES)) {
    const rows = await query(text);
    if (rows.length > 0) broken.push(`${rule}: ${rows.length}, such as ${rows[0]?.id ?? ''}`);
  }
  return broken;
}

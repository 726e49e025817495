import type { Statement } from './statements.js';

/* Deals become cells, which are few; every number of an answer is a sum of cells. */

const AS_OF = `date_trunc('milliseconds', now()) as as_of`;
const CELL = `count(*) as n, sum(opportunity_amount) as amount, sum(base_opportunity_amount) as base,
  min(company) as first_company, max(company) as last_company`;
const SUMS = `coalesce(sum(n), 0)::bigint as count, sum(amount) as amount,
  case when min(first_company) <> max(last_company) then null else coalesce(sum(base), 0) end as base`;

export const BY_STAGE: Statement = {
  name: 'by-stage',
  text: `with cells as materialized (
      select sales_stage, currency, ${CELL} from opportunity where workspace_id = $1 group by sales_stage, currency)
    select sales_stage, currency, grouping(sales_stage) as all_stages, grouping(currency) as all_currencies, ${SUMS}, ${AS_OF}
    from cells group by grouping sets ((sales_stage, currency), (sales_stage), (currency), ())
    order by sales_stage collate text_order, currency collate "C" nulls last`,
};

const CATEGORIES = `array_position(array['pipeline', 'best_case', 'commit', 'closed'], forecast_category::text)`;

/** Open deals by the day on which they should close, won ones by the day on which they were; days become months as cells. */
export const FORECAST: Statement = {
  name: 'forecast',
  text: `with clock as (select (now() at time zone 'UTC')::date as today),
    open_cells as materialized (
      select expected_closing, s.forecast_category, currency, ${CELL}, sum(base_opportunity_amount * o.probability) as weighted
      from opportunity o left join pipeline_stage s on s.workspace_id = $1 and s.id = o.stage_id
      where o.workspace_id = $1 and status in ('Open', 'Replied', 'Quotation')
        and s.forecast_category is distinct from 'omitted'
      group by expected_closing, s.forecast_category, currency),
    won_cells as materialized (
      select (won_at at time zone 'UTC')::date as day, ${CELL} from opportunity
      where workspace_id = $1 and status = 'Converted' group by 1),
    keyed as (
      select false as is_won, date_trunc('month', expected_closing::timestamp)::date as month,
        coalesce(expected_closing < today, false) as overdue, forecast_category, currency, n, amount, base, weighted,
        first_company, last_company from open_cells, clock
      union all
      select true, date_trunc('month', day::timestamp)::date, false, null, null, n, null, base, null,
        first_company, last_company from won_cells)
    select is_won, month, (month + interval '1 month')::date as until, overdue, forecast_category, currency, today, ${AS_OF},
      grouping(month, forecast_category, currency) as level, ${SUMS}, round(coalesce(sum(weighted), 0) * 0.01, 9) as weighted
    from keyed, clock
    group by today, is_won, grouping sets ((month, overdue, currency), (month, overdue, forecast_category), (month, overdue),
      (currency), (forecast_category), ())
    order by month nulls last, overdue desc, ${CATEGORIES} nulls last, currency collate "C" nulls last`,
};

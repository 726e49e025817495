import { jsonOfValues } from '../../src/common/table/column-sql.js';

/* Every statement of the floor, written by hand: what the contract asks of the database, in as few round trips as it takes. */

export interface Statement {
  name: string;
  text: string;
}

/** Columns that are shown, in document order. */
const DEAL = `id created_at updated_at opportunity_from party_name customer_name title opportunity_type status
  order_lost_reason expected_closing currency opportunity_amount sales_stage probability customer_address address_display
  territory customer_group contact_person contact_display contact_email contact_mobile company transaction_date
  first_response_time language base_opportunity_amount base_total total conversion_rate no_of_employees annual_revenue
  industry market_segment opportunity_owner website whatsapp phone phone_ext job_title city state country utm_source
  utm_campaign utm_medium utm_content`.split(/\s+/);

export const ITEM_COLUMNS =
  `id idx opportunity_id item_code qty item_group brand uom item_name description image image_view
  rate base_amount amount base_rate`.split(/\s+/);

/** Columns that only `fields` and events show. */
const MORE = `external_id metadata pipeline_id stage_id stage_entered_at probability_source snoozed_until won_at lost_at
  closed_at`.split(/\s+/);

const TIMES = ['created_at', 'updated_at', 'stage_entered_at', 'snoozed_until', 'won_at', 'lost_at', 'closed_at'];

/** What the event of a new deal says. */
const AFTER = jsonOfValues(Object.fromEntries([...DEAL, ...MORE].map((name) => [name, shownInJson(name)])));

function shownInJson(name: string): string {
  return TIMES.includes(name) ? `to_char(o.${name}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` : `o.${name}`;
}

export const DEAL_COLUMNS = [...DEAL, 'version'];

const deal = (alias = 'opportunity'): string => DEAL.map((name) => `${alias}.${name}`).join(', ');
const item = (alias = 'opportunity_item'): string => ITEM_COLUMNS.map((name) => `${alias}.${name}`).join(', ');

const TOTAL = `(select coalesce(sum(n), 0)::bigint from row_count
  where workspace_id = $1 and table_name = 'opportunity') as total_count`;

const NEXT_VERSION = `version = opportunity.version + 1,
  updated_at = greatest(clock_timestamp(), opportunity.updated_at + interval '1 millisecond')`;

/** An event of one change, for a `with` beside it; key and request are the parameters from `first` on. */
const event = (first: number, columns: string, values: string, from = ''): string =>
  `insert into event (workspace_id, key_id, request_id, ${columns}) select $1, $${first}, $${first + 1}, ${values}${from}`;

const json = (names: readonly string[], row: string): string =>
  `(select row_to_json(o) from (select ${names.map((name) => `${row}.${name}`).join(', ')}) o)`;

export const FIND_KEY: Statement = {
  name: 'key',
  text: `select workspace_id, id, scopes from api_key
    where hash = $1 and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`,
};

export const RETRIEVE: Statement = {
  name: 'retrieve',
  text: `select ${deal()}, version from opportunity where workspace_id = $1 and id = $2`,
};

/** The first page. Its size is in the text, as each request would be planned anew for one that is a parameter. */
export const listFirst = (limit: number): Statement => ({
  name: `list-first-${limit}`,
  text: `select ${deal()}, ${TOTAL} from opportunity where workspace_id = $1
    order by created_at desc, id desc limit ${limit}`,
});

/** Parameters: workspace, limit, offset. */
export const LIST: Statement = {
  name: 'list',
  text: `select ${deal()}, ${TOTAL} from opportunity where workspace_id = $1
    order by created_at desc, id desc limit $2 offset $3`,
};

/**
 * Reads the skipped part from the narrow index alone, and of that all, which saves a projection of every row; behind
 * `offset 0`, the rows are looked up one by one in every plan.
 */
export const LIST_DEEP: Statement = {
  name: 'list-deep',
  text: `select ${deal('o')}, ${TOTAL} from (
      select workspace_id, created_at, id from opportunity where workspace_id = $1
        order by created_at desc, id desc limit $2 offset $3) k,
    lateral (select * from opportunity where workspace_id = k.workspace_id and id = k.id offset 0) o
    order by k.created_at desc, k.id desc`,
};

/** Parameters: workspace, id after which the page begins. */
export const listAfter = (limit: number): Statement => ({
  name: `list-after-${limit}`,
  text: `select ${deal()}, ${TOTAL} from opportunity where workspace_id = $1
      and (created_at, id) < ((select created_at from opportunity where workspace_id = $1 and id = $2), $2)
    order by created_at desc, id desc limit ${limit}`,
});

/** Parameters: workspace, limit, status, owner. */
export const LIST_OWNED: Statement = {
  name: 'list-owned',
  text: `select ${deal()}, (select count(*)::int from opportunity
      where workspace_id = $1 and status = $3 and opportunity_owner = $4) as total_count
    from opportunity where workspace_id = $1 and status = $3 and opportunity_owner = $4
    order by opportunity_amount desc, id desc limit $2`,
};

/** What of a deal is kept when it changes, for reports of a moment that is over. */
const KEPT = `status, pipeline_id, stage_id, sales_stage, stage_entered_at, currency, opportunity_amount,
  base_opportunity_amount, probability, expected_closing`;

const ITEM_RECORD = `item_code text, qty numeric(21,9), item_group text, brand text, uom text, item_name text,
  description text, image text, image_view text, rate numeric(21,9)`;

/** Parameters: workspace, id, key, request, then the given columns. */
export const insertDeal = remembered('insert', (names) => {
  return `with o as (insert into opportunity (${['workspace_id', 'id', ...names].join(', ')})
      values (${['$1', '$2', ...places(names, 5)].join(', ')}) returning *),
    e as (${event(3, CREATED, `'opportunity.created', $2, $2, 1, ${AFTER}::json`, ' from o')})
    select ${deal('o')}, o.version from o`;
});

const CREATED = 'type, subject_id, object_id, version, after';

/**
 * Parameters: workspace, id, conversion rate, items as JSON, ids of the items, key, request, then the given columns. Answers the items
 * in order, the deal beside the first; the key to the deal is checked at the end of the statement, when it is there.
 */
export const insertDealWithItems = remembered('insert-whole', (names) => {
  return `with i as (
      insert into opportunity_item (workspace_id, id, opportunity_id, idx, conversion_rate, item_code, qty, item_group,
        brand, uom, item_name, description, image, image_view, rate)
      select $1, x.id, $2, place, $3, r.item_code, coalesce(r.qty, 1), r.item_group, r.brand, r.uom, r.item_name,
        r.description, r.image, r.image_view, coalesce(r.rate, 0)
      from unnest($5::text[]) with ordinality x (id, place),
        lateral jsonb_to_record($4::jsonb -> (place - 1)::int) r (${ITEM_RECORD})
      returning *),
    o as (
      insert into opportunity (${['workspace_id', 'id', 'total', 'base_total', ...names].join(', ')})
      select ${['$1', '$2', 'sum(amount)', 'sum(base_amount)', ...places(names, 8)].join(', ')} from i
      returning *),
    e as (${event(6, CREATED, `'opportunity.created', $2, $2, 1, ${AFTER}::json`, ' from o')}),
    ie as (${event(
      6,
      CREATED,
      `'opportunity_item.created', $2, x.id, 1, $4::json -> (place - 1)::int`,
      ' from unnest($5::text[]) with ordinality x (id, place)',
    )})
    select ${item('i')}, ${deal('o')}, o.version from i left join o on i.idx = 1 order by i.idx`;
});

/**
 * Parameters: workspace, id, key, request, then the given columns, of which `sales_stage` and `probability` are two. Locked
 * first, so that what was before is what is replaced; it is kept, as reports ask for deals as they stood.
 */
export const updateDeal = remembered('update', (names) => {
  const assignments = names.map((name, index) => `${name} = $${index + 5}`).join(', ');
  const told = [...names, 'stage_entered_at', 'probability_source'];
  return `with f as (select ${KEPT}, probability_source, updated_at from opportunity
      where workspace_id = $1 and id = $2 for update),
    at as (select greatest(clock_timestamp(), updated_at + interval '1 millisecond')::timestamptz(3) as now from f),
    o as (update opportunity set ${assignments}, stage_entered_at = at.now, probability_source = 'manual',
        version = version + 1, updated_at = at.now
      from f, at where workspace_id = $1 and id = $2 returning opportunity.*),
    e as (${event(
      3,
      'type, subject_id, object_id, version, before, after',
      `'opportunity.updated', $2, $2, o.version, ${json(told, 'f')}, ${json(told, 'o')}`,
      ' from f, o',
    )}),
    s as (insert into opportunity_state (workspace_id, opportunity_id, left_at, ${KEPT})
      select $1, $2, at.now, ${KEPT} from f, at)
    select ${deal('o')}, o.version from o`;
});

/** Before children are written, so that those of one deal are written by one transaction at a time. */
export const LOCK_DEAL: Statement = {
  name: 'lock',
  text: 'select conversion_rate from opportunity where workspace_id = $1 and id = $2 for update',
};

/** Parameters: workspace, deal, id, conversion rate, key, request, the item as JSON, then the given columns. The deal's totals grow by the item's amounts. */
export const insertItem = remembered('insert-item', (names) => {
  return `with i as (
      insert into opportunity_item (${['workspace_id', 'opportunity_id', 'id', 'conversion_rate', 'idx', ...names].join(', ')})
      select ${['$1::varchar', '$2::varchar', '$3', '$4', 'coalesce(max(idx), 0) + 1', ...places(names, 8)].join(', ')}
      from opportunity_item where workspace_id = $1::varchar and opportunity_id = $2::varchar having coalesce(max(idx), 0) < 1000
      returning ${item()}, version),
    o as (
      update opportunity set total = total + i.amount, base_total = base_total + i.base_amount, ${NEXT_VERSION}
      from i where opportunity.workspace_id = $1::varchar and opportunity.id = $2::varchar),
    e as (insert into event (workspace_id, key_id, request_id, type, subject_id, object_id, after)
      select $1::varchar, $5, $6, 'opportunity_item.created', $2::varchar, i.id, $7::json from i)
    select * from i`;
});

/** Parameters: workspace, deal, ids in the new order, key, request. Answers the items in it; a null \`place\` where an id was missing. */
export const REORDER: Statement = {
  name: 'reorder',
  text: `with wanted as (select id, place::int from unnest($3::text[]) with ordinality w (id, place)),
    moved as (
      update opportunity_item i set idx = w.place, version = version + 1 from wanted w
      where i.workspace_id = $1 and i.opportunity_id = $2 and i.id = w.id and i.idx <> w.place returning 1),
    touched as (
      update opportunity set ${NEXT_VERSION} where workspace_id = $1 and id = $2 and exists (select 1 from moved)),
    e as (${event(
      4,
      'type, subject_id, object_id, before, after',
      `'opportunity_item.reordered', $2, $2, json_build_object('ids', json_agg(i.id order by i.idx)),
        json_build_object('ids', to_json($3::text[]))`,
      ' from opportunity_item i where i.workspace_id = $1 and i.opportunity_id = $2',
    )})
    select w.place, ${item('i')} from opportunity_item i left join wanted w using (id)
    where i.workspace_id = $1 and i.opportunity_id = $2 order by w.place`,
};

/** Parameters: workspace. Whoever changes pipelines holds the same lock alone. */
export const LOCK_PIPELINES: Statement = {
  name: 'lock-pipelines',
  text: 'select pg_advisory_xact_lock_shared(hashtextextended($1, 1795800000000))',
};

/** Parameters: workspace, deal, key of a stage. */
export const LOCK_DEAL_FOR_STAGE: Statement = {
  name: 'lock-for-stage',
  text: `select s.id, s.probability from opportunity o
    join pipeline_stage s on s.workspace_id = $1 and s.pipeline_id = o.pipeline_id and s.key = $3
    where o.workspace_id = $1 and o.id = $2 for update of o`,
};

const MOVED = ['sales_stage', 'probability', 'stage_id', 'stage_entered_at'];

/** Parameters: workspace, deal, key, request, key of the stage, its id, its probability. The deal is locked and open. */
export const MOVE: Statement = {
  name: 'move',
  text: `with f as (select ${KEPT}, probability_source, updated_at from opportunity where workspace_id = $1 and id = $2),
    at as (select greatest(clock_timestamp(), updated_at + interval '1 millisecond')::timestamptz(3) as now from f),
    o as (update opportunity set sales_stage = $5, stage_id = $6, stage_entered_at = at.now, version = version + 1,
        probability = case f.probability_source when 'stage' then $7 else f.probability end, updated_at = at.now
      from f, at where workspace_id = $1 and id = $2 returning opportunity.*),
    e as (${event(
      3,
      'type, subject_id, object_id, version, before, after',
      `'opportunity.updated', $2, $2, o.version, ${json(MOVED, 'f')}, ${json(MOVED, 'o')}`,
      ' from f, o',
    )}),
    s as (insert into opportunity_state (workspace_id, opportunity_id, left_at, ${KEPT})
      select $1, $2, at.now, ${KEPT} from f, at)
    select ${deal('o')}, o.version from o`,
};

/** A statement for each choice of columns, made once. */
function remembered(name: string, text: (names: readonly string[]) => string): (names: readonly string[]) => Statement {
  const known = new Map<string, Statement>();
  return (names) => {
    const choice = names.join();
    const statement = known.get(choice) ?? { name: `${name}-${known.size}`, text: text(names) };
    known.set(choice, statement);
    return statement;
  };
}

function places(names: readonly string[], first: number): string[] {
  return names.map((_name, index) => `$${index + first}`);
}

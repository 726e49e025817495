import type { MigrationInterface, QueryRunner } from 'typeorm';
import { forgetGeneratedColumns, noteGeneratedColumns } from '../../common/module/generated-columns.js';
import { countRowsAsReleased, createRowCount, dropRowCount } from '../../common/module/released-row-count.js';

const TABLES = `
  create table workspace (
    id varchar(80) not null,
    name varchar(140) not null,
    mode varchar(4) not null,
    created_at timestamptz(3) not null default now(),
    constraint "UQ_406f56fc2a42ad5f541973cdbee" unique (name),
    constraint "PK_ca86b6f9b3be5fe26d307d09b49" primary key (id)
  );

  create table api_key (
    workspace_id varchar(80) not null,
    id varchar(80) not null,
    name varchar(140) not null,
    hash char(64) not null,
    scopes text[] not null,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3),
    revoked_at timestamptz(3),
    constraint "UQ_45e0aa2a880b928326a05a28885" unique (hash),
    constraint "PK_2c8207e93435f1e7c8deb8d261d" primary key (workspace_id, id)
  );

  create table opportunity (
    workspace_id varchar(80) not null,
    version integer not null default 1,
    id varchar(80) not null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    opportunity_from varchar(140) not null,
    party_name varchar(140) not null,
    customer_name varchar(140),
    title varchar(140),
    opportunity_type varchar(140),
    status varchar(140) not null default 'Open',
    order_lost_reason varchar(10000),
    expected_closing date,
    currency varchar(3),
    opportunity_amount numeric(21,9) not null default '0',
    sales_stage varchar(140) not null default 'Prospecting',
    probability numeric(21,9) not null default '100',
    customer_address varchar(140),
    address_display varchar(10000),
    territory varchar(140),
    customer_group varchar(140),
    contact_person varchar(140),
    contact_display varchar(10000),
    contact_email varchar(254),
    contact_mobile varchar(140),
    company varchar(140) not null,
    transaction_date date not null,
    first_response_time integer,
    language varchar(140),
    base_opportunity_amount numeric(21,9) generated always as (conversion_rate * opportunity_amount) stored not null,
    base_total numeric(21,9) not null default '0',
    total numeric(21,9) not null default '0',
    conversion_rate numeric(21,9) not null default '1',
    no_of_employees varchar(140),
    annual_revenue numeric(21,9),
    industry varchar(140),
    market_segment varchar(140),
    opportunity_owner varchar(140),
    website varchar(2048),
    whatsapp varchar(140),
    phone varchar(140),
    phone_ext varchar(140),
    job_title varchar(140),
    city varchar(140),
    state varchar(140),
    country varchar(140),
    utm_source varchar(140),
    utm_campaign varchar(140),
    utm_medium varchar(140),
    utm_content varchar(140),
    constraint "PK_6b2dec6d1946a6639f4240d99cb" primary key (workspace_id, id)
  ) with (fillfactor = 90);

  create table opportunity_item (
    workspace_id varchar(80) not null,
    version integer not null default 1,
    id varchar(80) not null,
    idx integer not null,
    opportunity_id varchar(80) not null,
    item_code varchar(140),
    qty numeric(21,9) not null default '1',
    item_group varchar(140),
    brand varchar(140),
    uom varchar(140),
    item_name varchar(140),
    description varchar(10000),
    image varchar(2048),
    image_view varchar(2048),
    rate numeric(21,9) not null default '0',
    base_amount numeric(21,9) generated always as (conversion_rate * round(qty * rate, 9)) stored not null,
    amount numeric(21,9) generated always as (qty * rate) stored not null,
    base_rate numeric(21,9) generated always as (conversion_rate * rate) stored not null,
    conversion_rate numeric(21,9) not null,
    constraint opportunity_item_order unique (workspace_id, opportunity_id, idx) deferrable initially deferred,
    constraint "PK_acfe8c233534d14eaf8d7b075a9" primary key (workspace_id, id)
  );

  create table opportunity_lost_reason_detail (
    workspace_id varchar(80) not null,
    version integer not null default 1,
    id varchar(80) not null,
    idx integer not null,
    opportunity_id varchar(80) not null,
    lost_reason varchar(140) not null,
    constraint opportunity_lost_reason_detail_order unique (workspace_id, opportunity_id, idx) deferrable initially deferred,
    constraint "PK_5529b804573b42637bc296cc5d8" primary key (workspace_id, id)
  );

  create table idempotency_key (
    workspace_id varchar(80) not null,
    key varchar(255) not null,
    fingerprint char(64) not null,
    status smallint not null,
    headers jsonb not null,
    body text not null,
    created_at timestamptz(3) not null default now(),
    constraint "PK_9f72168d23ee2185a610fc27b0f" primary key (workspace_id, key)
  );

  create index idempotency_key_age on idempotency_key (workspace_id, created_at);

  create index opportunity_newest on opportunity (workspace_id, created_at, id);
  create index opportunity_status on opportunity (workspace_id, status, created_at, id);
  create index opportunity_owner on opportunity (workspace_id, opportunity_owner, created_at, id);
  create index opportunity_closing on opportunity (workspace_id, expected_closing, id);
  create index opportunity_amount on opportunity (workspace_id, opportunity_amount, id);

  alter table api_key
  add constraint "FK_ecc615827295b4cd316f6088aea" foreign key (workspace_id) references workspace(id) on delete cascade;

  alter table opportunity_lost_reason_detail
  add constraint "FK_eecdeeb0868366966197fcfee3f" foreign key (workspace_id, opportunity_id) references opportunity(workspace_id, id) on delete cascade;

  alter table opportunity_item
  add constraint "FK_46d176016b84ccb341bd55dfcde" foreign key (workspace_id, opportunity_id) references opportunity(workspace_id, id) on delete cascade;`;

/**
 * The words of a text as the search index keeps them: the workspace before each, so that it leads the index, lower case,
 * no accents, letters and digits only. A word is cut where it could become too long for a lexeme.
 */
export const SEARCH = `
  create function search_words(workspace_id text, words text) returns tsvector language plpgsql immutable parallel safe as $$
  declare
    plain text := lower(btrim(words));
  begin
    if octet_length(plain) <> length(plain) then
      plain := lower(regexp_replace(normalize(plain, NFKD), '[\\u0300-\\u036f]', '', 'g'));
    end if;
    if length(plain) > 400 then
      plain := regexp_replace(plain, '([[:alnum:]]{64})[[:alnum:]]+', '\\1', 'g');
    end if;
    return array_to_tsvector(string_to_array(
      workspace_id || '/' || regexp_replace(plain, '[^[:alnum:]]+', ' ' || workspace_id || '/', 'g'), ' '));
  end $$;

  create index opportunity_search on opportunity using gin (search_words(workspace_id, coalesce(title, '')
    || ' ' || coalesce(party_name, '') || ' ' || coalesce(customer_name, '') || ' ' || coalesce(contact_display, '')
    || ' ' || coalesce(contact_email, '') || ' ' || coalesce(territory, '') || ' ' || coalesce(opportunity_owner, '')));`;

const OPPORTUNITY = { base_opportunity_amount: 'conversion_rate * opportunity_amount' };
const OPPORTUNITY_ITEM = {
  base_amount: 'conversion_rate * round(qty * rate, 9)',
  amount: 'qty * rate',
  base_rate: 'conversion_rate * rate',
};

/** Workspaces and their keys; opportunities with line items and lost reasons; the counters of paged lists. */
export class Initial1795359179852 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(SEARCH);
    await noteGeneratedColumns(runner, 'opportunity', OPPORTUNITY);
    await noteGeneratedColumns(runner, 'opportunity_item', OPPORTUNITY_ITEM);
    await createRowCount(runner);
    await countRowsAsReleased(runner, 'opportunity');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table opportunity_lost_reason_detail, opportunity_item, opportunity, idempotency_key, api_key, workspace',
    );
    await runner.query('drop function search_words');
    await dropRowCount(runner);
    await forgetGeneratedColumns(runner, 'opportunity_item');
    await forgetGeneratedColumns(runner, 'opportunity');
  }
}

import type { Database } from '../database.js';

/** Tables as TypeORM would make them for the entities of the tutorial, with the rows of the service. */
const MAKE = `drop schema if exists tutorial cascade;
  create schema tutorial;
  create table tutorial.opportunity as select id, created_at, opportunity_from, party_name, customer_name, title,
    opportunity_type, status, expected_closing::text, currency, sales_stage, territory, customer_group, contact_person,
    contact_display, contact_email, company, transaction_date::text, language, industry, opportunity_owner, website, phone,
    city, country, utm_source, opportunity_amount, probability, conversion_rate, annual_revenue from public.opportunity;
  alter table tutorial.opportunity add primary key (id), alter created_at set default now();
  create index on tutorial.opportunity (created_at);
  create index on tutorial.opportunity (opportunity_owner);
  create table tutorial.opportunity_item as select id, opportunity_id, item_code, uom, item_name, description, qty, rate
    from public.opportunity_item;
  alter table tutorial.opportunity_item add primary key (id),
    add foreign key (opportunity_id) references tutorial.opportunity on delete cascade;
  create index on tutorial.opportunity_item (opportunity_id)`;

export async function makeTutorialTables({ client }: Database): Promise<void> {
  await client.query(MAKE);
  await client.query('vacuum (analyze) tutorial.opportunity, tutorial.opportunity_item');
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

const SEARCH = `create index concurrently opportunity_search_folded on opportunity
  using gin (search_words_folded(workspace_id, coalesce(title, '') || ' ' || coalesce(party_name, '') || ' '
    || coalesce(customer_name, '') || ' ' || coalesce(contact_display, '') || ' ' || coalesce(contact_email, '') || ' '
    || coalesce(territory, '') || ' ' || coalesce(opportunity_owner, ''))) with (fastupdate = off)`;

const OWNER = `create index concurrently opportunity_owner_composed
  on opportunity (workspace_id, composed_text(opportunity_owner), created_at, id)
  where octet_length(opportunity_owner) <> length(opportunity_owner)`;

/**
 * Indexes of folded words, and of owners that can be written in several ways, that is, not in ASCII. They take a while, so
 * they are made beside reads and writes, which no transaction can do; what a broken attempt has left is removed first.
 */
export class FoldedIndexes1795700000001 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const index of ['opportunity_search_folded', 'opportunity_owner_composed'])
      await runner.query(`drop index concurrently if exists ${index}`);
    for (const text of [SEARCH, OWNER]) await runner.query(text);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index if exists opportunity_search_folded, opportunity_owner_composed');
  }
}

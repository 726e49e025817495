import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addCheckConstraints, dropCheckConstraints, type CheckConstraints } from '../check-constraints.js';

const notBlank = (column: string): string => `btrim(${column}, E' \\t\\n\\v\\f\\r') <> ''`;

export const CHECK_CONSTRAINTS: CheckConstraints = {
  api_key: { name_not_blank: notBlank('name'), rate_limit_at_least_0: 'rate_limit >= 0' },
  opportunity: {
    opportunity_from_not_blank: notBlank('opportunity_from'),
    party_name_not_blank: notBlank('party_name'),
    status_one_of_35af5217: `status in ('Open', 'Replied', 'Quotation', 'Converted', 'Lost', 'Closed')`,
    probability_at_least_0: 'probability >= 0',
    probability_at_most_100: 'probability <= 100',
    company_not_blank: notBlank('company'),
    first_response_time_at_least_0: 'first_response_time >= 0',
    conversion_rate_positive: 'conversion_rate > 0',
  },
  opportunity_item: { idx_at_least_1: 'idx >= 1', qty_at_least_0: 'qty >= 0' },
  opportunity_lost_reason_detail: { idx_at_least_1: 'idx >= 1', lost_reason_not_blank: notBlank('lost_reason') },
};

/** The rules of the fields, held by the database as well; for the rows that there are, the next migration says so. */
export class CheckConstraints1795390000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addCheckConstraints(runner, CHECK_CONSTRAINTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropCheckConstraints(runner, CHECK_CONSTRAINTS);
  }
}

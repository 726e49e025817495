import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { ID_LENGTH, TEXT_LENGTH, WorkspaceField, type Decimal } from '../../common/index.js';
import type { OpportunityStatus } from './opportunity.status.js';

const MONEY = { type: 'numeric', precision: 21, scale: 9 } as const;

/**
 * What an opportunity was like until `left_at`, when one of these attributes changed. It began when the one before it was left,
 * or with the opportunity; what is so now stands in the opportunity alone. States with one `stage_entered_at`, of an
 * opportunity that is open, are one period of its stage history. A trigger deletes them with their opportunity: a foreign key
 * would look for it at each change.
 */
@Entity('opportunity_state')
@Index('opportunity_state_age', { synchronize: false })
export class OpportunityState {
  @WorkspaceField()
  workspace_id: string;

  @PrimaryColumn({ type: 'varchar', length: ID_LENGTH })
  opportunity_id: string;

  @PrimaryColumn({ type: 'timestamptz', precision: 3 })
  left_at: string;

  @Column({ type: 'varchar', length: TEXT_LENGTH })
  status: OpportunityStatus;

  @Column({ type: 'varchar', length: ID_LENGTH, nullable: true })
  pipeline_id: string | null;

  @Column({ type: 'varchar', length: ID_LENGTH, nullable: true })
  stage_id: string | null;

  @Column({ type: 'varchar', length: TEXT_LENGTH })
  sales_stage: string;

  @Column({ type: 'timestamptz', precision: 3 })
  stage_entered_at: string;

  @Column({ type: 'varchar', length: 3, nullable: true })
  currency: string | null;

  @Column(MONEY)
  opportunity_amount: Decimal;

  @Column(MONEY)
  base_opportunity_amount: Decimal;

  @Column(MONEY)
  probability: Decimal;

  @Column({ type: 'date', nullable: true })
  expected_closing: string | null;
}

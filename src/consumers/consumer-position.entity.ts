import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Workspace } from '../auth/workspace.entity.js';

const ID = { type: 'varchar', length: 80 } as const;

/** How far a consumer has come in the feed of a workspace. */
@Entity('consumer_position')
export class ConsumerPosition {
  @PrimaryColumn(ID)
  workspace_id: string;

  /** As in `acme-tickets/hand-over`: its module, and its name in there. */
  @PrimaryColumn({ type: 'varchar', length: 160 })
  consumer: string;

  /** The last place in the feed that is done with. */
  @Column('bigint')
  position: number;

  /** Calls for the event behind it that have failed. */
  @Column('integer', { default: 0 })
  failures: number;

  /** When the next call is due, while one has failed. */
  @Column({ type: 'timestamptz', nullable: true })
  next_attempt_at: string | null;

  /** Which run has it now, and until when no other takes it. */
  @Column({ ...ID, nullable: true })
  lease: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leased_until: string | null;

  @ManyToOne(() => Workspace, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'workspace_id', foreignKeyConstraintName: 'consumer_position_workspace' })
  workspace?: Relation<Workspace>;
}

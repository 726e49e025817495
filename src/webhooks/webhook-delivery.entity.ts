import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';

const ID = { type: 'varchar', length: 80 } as const;

export const STATUSES = ['pending', 'retrying', 'delivered', 'exhausted', 'skipped'] as const;

export type DeliveryStatus = (typeof STATUSES)[number];

/** The way of one event to one endpoint: the queue, and the record of what became of it. */
@Entity('webhook_delivery')
@Index('webhook_delivery_event', ['workspace_id', 'endpoint_id', 'event_id'], { unique: true })
@Index('webhook_delivery_newest', ['workspace_id', 'endpoint_id', 'created_at', 'id'])
@Index('webhook_delivery_due', { synchronize: false })
@Index('webhook_delivery_leased', { synchronize: false })
@Index('webhook_delivery_next', { synchronize: false })
@Index('webhook_delivery_order', { synchronize: false })
@Index('webhook_delivery_owed', { synchronize: false })
export class QueuedDelivery {
  @PrimaryColumn(ID)
  workspace_id: string;

  @PrimaryColumn(ID)
  id: string;

  @Column(ID)
  endpoint_id: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at: string;

  /** As in the feed: that of a derived event has its name at the end. */
  @Column(ID)
  event_id: string;

  @Column({ type: 'varchar', length: 140 })
  type: string;

  @Column({ ...ID, nullable: true })
  opportunity_id: string | null;

  /** The place of the event in the feed. */
  @Column('bigint')
  position: number;

  @Column({ type: 'varchar', length: 20 })
  status: DeliveryStatus;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  next_attempt_at: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  delivered_at: string | null;

  /** When it was delivered or given up; null while something is owed. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  ended_at: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  attempted_at: string | null;

  /** Attempts since the schedule began. */
  @Column('integer')
  tries: number;

  /** The last 20, oldest first. */
  @Column('json')
  attempts: object[];

  /** Does it go out without waiting for those before it? */
  @Column('boolean')
  resent: boolean;

  /** Who sends it now, and until when nobody else does. */
  @Column({ ...ID, nullable: true })
  lease: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leased_until: string | null;

  /** Until when nobody looks at it, as the one before is owed; null if it does not wait, or nobody has noticed. */
  @Column({ type: 'timestamptz', nullable: true })
  waits_until: string | null;

  @ManyToOne(() => WebhookEndpoint, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'workspace_id', referencedColumnName: 'workspace_id' },
    { name: 'endpoint_id', referencedColumnName: 'id' },
  ])
  endpoint?: Relation<WebhookEndpoint>;
}

import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const ID = { type: 'varchar', length: 80 } as const;

/**
 * One change of one object, written in the transaction of the change; only an erasure touches it again. The key puts the events of
 * one deal side by side, in order: whoever writes to a deal holds its lock, and the time is taken under it. Defaults
 * stand here without their casts, which is how TypeORM reads them back; the migration has them.
 */
@Entity('event')
@Index('event_age', { synchronize: false })
@Index('event_transaction', ['workspace_id', 'transaction_id'], { where: '(transaction_id > 0)' })
@Index('event_deleted_part', { synchronize: false })
export class HistoryEvent {
  @PrimaryColumn({ ...ID, select: false })
  workspace_id: string;

  /** The object whose history this belongs to: the changed one itself, or the parent of a changed child. */
  @PrimaryColumn({ ...ID, select: false })
  subject_id: string;

  @PrimaryColumn({ type: 'timestamptz', default: () => 'clock_timestamp()' })
  created_at: string;

  @PrimaryColumn({ ...ID, default: () => `('evt_'|| replace((gen_random_uuid()), '-', ''))` })
  id: string;

  /** The table of the object and what was done, as in `opportunity_item.updated`. */
  @Column({ type: 'varchar', length: 140 })
  type: string;

  @Column(ID)
  object_id: string;

  /** The version of the subject after the change; null for what has none, and for events from before there were versions. */
  @Column({ type: 'integer', nullable: true })
  version: number | null;

  /** Null where the service itself made the change. */
  @Column({ ...ID, nullable: true })
  key_id: string | null;

  @Column({ ...ID, nullable: true })
  request_id: string | null;

  /** The import that the change was a part of, from a setting of its transaction. */
  @Column({ ...ID, nullable: true, default: () => 'import_of_transaction()' })
  import_id: string | null;

  /** Attributes as they were; null for a new object, and for one that was erased. */
  @Column({ type: 'json', nullable: true })
  before: object | null;

  /** The same attributes as they are now; null for a deleted object, and for one that was erased. */
  @Column({ type: 'json', nullable: true })
  after: object | null;

  /**
   * PostgreSQL's number of the transaction, by which the feed finds what was committed since it last looked; 0 once the
   * database is a copy.
   */
  @Column({ type: 'bigint', default: () => '((pg_current_xact_id()))', select: false })
  transaction_id: number;
}

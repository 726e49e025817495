import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const ID = { type: 'varchar', length: 80 } as const;

/** How far the events of a workspace have been numbered. */
@Entity('event_feed')
export class EventFeed {
  @PrimaryColumn(ID)
  workspace_id: string;

  /** Which log the positions are of. A restored database gets another one. */
  @Column(ID)
  log_id: string;

  /** The PostgreSQL cluster and database in which the transactions were numbered. */
  @Column({ ...ID, nullable: true })
  cluster: string | null;

  /** What was committed when events were last numbered, as PostgreSQL writes a `pg_snapshot`. */
  @Column('text')
  snapshot: string;

  @Column('bigint')
  last_position: number;

  /** The last position that the retention has removed. */
  @Column('bigint')
  removed_position: number;
}

/** The place of an event, or of one derived from it, in the feed of its workspace. */
@Entity('feed_entry')
@Index('feed_entry_id', ['workspace_id', 'id'], { unique: true })
@Index('feed_entry_age', ['workspace_id', 'created_at'])
@Index('feed_entry_subject', ['workspace_id', 'subject_id', 'position'])
export class FeedEntry {
  @PrimaryColumn(ID)
  workspace_id: string;

  @PrimaryColumn('bigint')
  position: number;

  /** The id of the event; a derived one has its name behind it. */
  @Column(ID)
  id: string;

  @Column({ type: 'varchar', length: 140 })
  type: string;

  /** With the time and the id, the primary key of the event. */
  @Column(ID)
  subject_id: string;

  @Column('timestamptz')
  created_at: string;
}

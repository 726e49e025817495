import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The first answer to a POST that brought an `Idempotency-Key`, kept for a day and given again to each repetition. */
@Entity('idempotency_key')
@Index('idempotency_key_age', ['workspace_id', 'created_at'])
@Index('idempotency_key_objects', { synchronize: false })
export class IdempotencyKey {
  @PrimaryColumn({ type: 'varchar', length: 80 })
  workspace_id: string;

  @PrimaryColumn({ type: 'varchar', length: 255 })
  key: string;

  /** Hash of method, path and body. */
  @Column({ type: 'char', length: 64 })
  fingerprint: string;

  @Column({ type: 'smallint' })
  status: number;

  @Column({ type: 'jsonb' })
  headers: Record<string, string>;

  /** The answer; empty once an object that it showed was erased. */
  @Column({ type: 'text' })
  body: string;

  /** Ids in the answer, by which an erasure finds it. */
  @Column({ type: 'text', array: true, default: [] })
  object_ids: string[];

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at: Date;
}

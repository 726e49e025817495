import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Mode } from '../common/ids/api-key.format.js';

/** Who owns data: every row of every resource belongs to one workspace, and keys see only their own. */
@Entity('workspace')
export class Workspace {
  @PrimaryColumn({ type: 'varchar', length: 80 })
  id: string;

  @Column({ type: 'varchar', length: 140, unique: true })
  name: string;

  @Column({ type: 'varchar', length: 4 })
  mode: Mode;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at: Date;
}

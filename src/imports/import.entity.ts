import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { ColumnView, Scan } from './readers/scan.js';
import type { Delimiter, Place } from './readers/csv-records.js';
import type { RowError } from './readers/deal-row.js';
import type { Warning } from './readers/header.js';
import type { DateFormat, DecimalMark } from './readers/values.js';

export const FORMATS = ['csv', 'ndjson', 'erpnext_csv', 'erpnext_json'] as const;
export const MODES = ['upsert', 'create', 'update'] as const;
export const MATCHES = ['external_id', 'id'] as const;
export const ON_ERROR = ['skip', 'stop'] as const;
export const CHILDREN_RULES = ['keep', 'replace'] as const;

export const STATUSES = [
  ...['awaiting_upload', 'checking', 'checked', 'running'],
  ...['succeeded', 'succeeded_with_errors', 'failed', 'cancelled', 'reverting', 'reverted'],
] as const;

export type ImportFormat = (typeof FORMATS)[number];
export type ImportStatus =
  | 'awaiting_upload'
  | 'checking'
  | 'checked'
  | 'running'
  | 'succeeded'
  | 'succeeded_with_errors'
  | 'failed'
  | 'cancelled'
  | 'reverting'
  | 'reverted';

export const OUTCOMES = ['created', 'updated', 'unchanged', 'failed', 'unprocessed'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** A failing row, as the import shows it. */
export interface ShownError extends RowError {
  external_id: string | null;
}

/** Why an import failed. */
export interface ImportError {
  code: string;
  message: string;
  line: number | null;
  param: string | null;
}

const ID = { type: 'varchar', length: 80 } as const;
const WORD = { type: 'varchar', length: 30 } as const;
const TIME = { type: 'timestamptz', precision: 3, nullable: true } as const;

/** A file that becomes deals, and how far that has come. */
@Entity('import')
@Index('import_newest', ['workspace_id', 'created_at', 'id'])
@Index('import_due', { synchronize: false })
export class StoredImport {
  @PrimaryColumn(ID)
  workspace_id: string;

  @PrimaryColumn(ID)
  id: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at: string;

  @Column(WORD)
  status: ImportStatus;

  @Column(WORD)
  format: ImportFormat;

  @Column(WORD)
  mode: (typeof MODES)[number];

  @Column(WORD)
  match_by: (typeof MATCHES)[number];

  @Column(WORD)
  on_error: (typeof ON_ERROR)[number];

  @Column(WORD)
  children: (typeof CHILDREN_RULES)[number];

  @Column('jsonb')
  mapping: Record<string, string | null>;

  @Column('json')
  defaults: Record<string, unknown>;

  @Column({ ...WORD, nullable: true })
  delimiter: Delimiter | null;

  @Column({ ...WORD, nullable: true })
  decimal: DecimalMark | null;

  @Column({ ...WORD, nullable: true })
  date_format: DateFormat | null;

  @Column(ID)
  timezone: string;

  /** Whose chunks are the file; null before the upload, and after the file is gone. */
  @Column({ ...ID, nullable: true })
  file_id: string | null;

  @Column({ type: 'bigint', nullable: true })
  file_bytes: number | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  file_sha256: string | null;

  @Column({ type: 'integer', default: 0 })
  rows: number;

  @Column({ type: 'integer', default: 0 })
  created: number;

  @Column({ type: 'integer', default: 0 })
  updated: number;

  @Column({ type: 'integer', default: 0 })
  unchanged: number;

  @Column({ type: 'integer', default: 0 })
  failed: number;

  @Column({ type: 'double precision', nullable: true })
  progress: number | null;

  @Column({ type: 'jsonb', default: [] })
  columns: ColumnView[];

  @Column({ type: 'jsonb', default: [] })
  warnings: Warning[];

  @Column({ type: 'jsonb', default: [] })
  errors: ShownError[];

  @Column({ type: 'jsonb', nullable: true })
  error: ImportError | null;

  @Column({ type: 'jsonb', nullable: true })
  revert: { deleted: number; kept: number } | null;

  @Column(TIME)
  checked_at: string | null;

  @Column(TIME)
  started_at: string | null;

  @Column(TIME)
  finished_at: string | null;

  @Column(TIME)
  expires_at: string | null;

  /** Are the file and the rows gone? */
  @Column({ type: 'boolean', default: false })
  is_expired: boolean;

  /** Who asked for the work that is being done. */
  @Column({ ...ID, nullable: true })
  key_id: string | null;

  @Column({ ...ID, nullable: true })
  request_id: string | null;

  /** How the file is read; null until all of it was looked at. */
  @Column({ type: 'jsonb', nullable: true })
  scan: Scan | null;

  /** Where the next row begins. */
  @Column({ type: 'jsonb', nullable: true })
  place: Place | null;

  /** Since when it waits for its turn; null while there is nothing to do. */
  @Column({ type: 'timestamptz', nullable: true })
  due_at: string | null;

  /** Who works on it now, and until when nobody else does. */
  @Column({ ...ID, nullable: true })
  lease: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  leased_until: string | null;
}

/** A part of a file, all of one size but the last. */
@Entity('import_chunk')
export class ImportChunk {
  @PrimaryColumn(ID)
  workspace_id: string;

  @PrimaryColumn(ID)
  file_id: string;

  @PrimaryColumn('integer')
  number: number;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at: string;

  @Column('bytea')
  bytes: Buffer;
}

/** A row of a file, and what became of it: in the check, and once more in the run. */
@Entity('import_row')
@Index('import_row_key', { synchronize: false })
@Index('import_row_given', { synchronize: false })
export class ImportRow {
  @PrimaryColumn(ID)
  workspace_id: string;

  @PrimaryColumn(ID)
  import_id: string;

  @PrimaryColumn('boolean')
  is_run: boolean;

  @PrimaryColumn('integer')
  line: number;

  /** What the row is found by, if it comes again in the file. */
  @Column({ type: 'varchar', length: 140, nullable: true })
  key: string | null;

  @Column({ type: 'varchar', length: 140, nullable: true })
  external_id: string | null;

  @Column({ ...ID, nullable: true })
  opportunity_id: string | null;

  /** Of the opportunity after the row was written. */
  @Column({ type: 'integer', nullable: true })
  version: number | null;

  @Column(WORD)
  outcome: Outcome;

  @Column({ type: 'jsonb', nullable: true })
  errors: RowError[] | null;

  @Column({ type: 'boolean', nullable: true })
  reverted: boolean | null;

  /** What the check of later rows has to know; empty where the deal has no `external_id` any more. */
  @Column({ type: 'varchar', length: 140, nullable: true })
  given_external_id: string | null;

  /** The bytes of the row in the file. */
  @Column('bigint')
  start: number;

  @Column('integer')
  bytes: number;

  @ManyToOne(() => StoredImport, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'workspace_id', referencedColumnName: 'workspace_id' },
    { name: 'import_id', referencedColumnName: 'id' },
  ])
  import?: Relation<StoredImport>;
}

import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { exampleId, PageOf } from '../common/index.js';
import {
  CHILDREN_RULES,
  FORMATS,
  MATCHES,
  MODES,
  ON_ERROR,
  STATUSES,
  type ImportFormat,
  type ImportStatus,
} from './import.entity.js';
import {
  ImportColumnView,
  ImportFailure,
  ImportFile,
  ImportRevert,
  ImportRowErrorView,
  ImportWarningView,
} from './import.view-parts.js';
import { DELIMITERS, type Delimiter } from './readers/csv-records.js';
import { DATE_FORMATS, DECIMAL_MARKS, type DateFormat, type DecimalMark } from './readers/values.js';

const COUNT = { type: 'integer', format: 'int32', minimum: 0 } as const;
const WHEN = { type: String, format: 'date-time', nullable: true } as const;

@ApiSchema({ name: 'Import', description: 'A file of deals, and the progress of its import.' })
export class ImportView {
  @ApiProperty({ type: String, description: 'Unique identifier of the object.', example: exampleId('import') })
  id: string;

  @ApiProperty({
    type: String,
    enum: STATUSES,
    description:
      '`awaiting_upload`, `checking`, `checked`, `running`, then `succeeded`, `succeeded_with_errors`, `failed` or `cancelled`; after a revert `reverting`, `reverted`.',
    example: 'awaiting_upload',
  })
  status: ImportStatus;

  @ApiProperty({ type: String, enum: FORMATS, description: 'Format of the file.', example: 'csv' })
  format: ImportFormat;

  @ApiProperty({
    type: String,
    enum: MODES,
    description: 'Whether rows create deals, update them, or both.',
    example: 'upsert',
  })
  mode: (typeof MODES)[number];

  @ApiProperty({
    type: String,
    enum: MATCHES,
    description: 'The attribute by which a row finds its deal.',
    example: 'external_id',
  })
  match_by: (typeof MATCHES)[number];

  @ApiProperty({
    type: String,
    enum: ON_ERROR,
    description: 'Whether a failing row is left out or ends the import.',
    example: 'skip',
  })
  on_error: (typeof ON_ERROR)[number];

  @ApiProperty({
    type: String,
    enum: CHILDREN_RULES,
    description: 'Whether children that a row does not have stay or are deleted.',
    example: 'keep',
  })
  children: (typeof CHILDREN_RULES)[number];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', nullable: true },
    description: 'Attributes by header.',
    example: { 'Deal name': 'title' },
  })
  mapping: Record<string, string | null>;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Attributes of new deals, for rows that do not have them.',
    example: {},
  })
  defaults: Record<string, unknown>;

  @ApiProperty({
    type: String,
    enum: Object.keys(DELIMITERS),
    nullable: true,
    description: 'The separator that was given. `file` has the one that was recognised.',
    example: null,
  })
  delimiter: Delimiter | null;

  @ApiProperty({ type: String, enum: DECIMAL_MARKS, nullable: true, description: 'The decimal mark.', example: null })
  decimal: DecimalMark | null;

  @ApiProperty({ type: String, enum: DATE_FORMATS, nullable: true, description: 'Format of dates.', example: null })
  date_format: DateFormat | null;

  @ApiProperty({ type: String, description: 'Time zone of times without an offset.', example: 'Europe/Berlin' })
  timezone: string;

  @ApiProperty({
    type: ImportFile,
    nullable: true,
    description: 'The file. Null before the upload.',
    example: null,
  })
  file: ImportFile | null;

  @ApiProperty({ ...COUNT, description: 'Rows that were read so far. A row is one deal.', example: 0 })
  rows: number;

  @ApiProperty({
    ...COUNT,
    description: 'Deals that were created. After the check, deals that the run would create.',
    example: 0,
  })
  created: number;

  @ApiProperty({ ...COUNT, description: 'Deals that were updated.', example: 0 })
  updated: number;

  @ApiProperty({ ...COUNT, description: 'Rows that change nothing.', example: 0 })
  unchanged: number;

  @ApiProperty({ ...COUNT, description: 'Rows that fail.', example: 0 })
  failed: number;

  @ApiProperty({ ...COUNT, description: 'Rows that were not processed.', example: 0 })
  unprocessed: number;

  @ApiProperty({
    type: Number,
    minimum: 0,
    maximum: 1,
    nullable: true,
    description: 'Progress of the check, and then of the run. Null before the upload.',
    example: null,
  })
  progress: number | null;

  @ApiProperty({
    type: [ImportColumnView],
    description: 'The columns of a CSV file. Empty until they are known.',
    example: [],
  })
  columns: ImportColumnView[];

  @ApiProperty({ type: [ImportWarningView], description: 'The first 100 warnings.', example: [] })
  warnings: ImportWarningView[];

  @ApiProperty({
    type: [ImportRowErrorView],
    description: 'The first 100 errors, one for each parameter.',
    example: [],
  })
  errors: ImportRowErrorView[];

  @ApiProperty({ type: ImportFailure, nullable: true, description: 'The reason why the import failed.', example: null })
  error: ImportFailure | null;

  @ApiProperty({ type: ImportRevert, nullable: true, description: 'The outcome of a revert.', example: null })
  revert: ImportRevert | null;

  @ApiProperty({ type: String, format: 'date-time', description: 'When the import was made.' })
  created_at: string;

  @ApiProperty({ ...WHEN, description: 'When the check ended.' })
  checked_at: string | null;

  @ApiProperty({ ...WHEN, description: 'When the run was requested.' })
  started_at: string | null;

  @ApiProperty({ ...WHEN, description: 'When the import ended.' })
  finished_at: string | null;

  @ApiProperty({ ...WHEN, description: 'When the file and the rows are deleted.' })
  expires_at: string | null;
}

export class ImportList extends PageOf(ImportView) {}

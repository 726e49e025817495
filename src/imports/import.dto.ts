import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsObject, IsOptional, ValidateBy } from 'class-validator';
import { ERROR_CODES } from '../common/errors/error-codes.js';
import { exampleId, IfGiven, PageOf, PartQuery } from '../common/index.js';
import {
  CHILDREN_RULES,
  FORMATS,
  MATCHES,
  MODES,
  ON_ERROR,
  STATUSES,
  type ImportError,
  type ImportFormat,
  type ImportStatus,
  type ShownError,
} from './import.entity.js';
import type { Delimiter } from './readers/csv-records.js';
import type { Warning } from './readers/header.js';
import type { ColumnView } from './readers/scan.js';
import { DATE_FORMATS, DECIMAL_MARKS, isTimeZone, type DateFormat, type DecimalMark } from './readers/values.js';

const DELIMITERS = [',', ';', '\t'] as const;

const OneOf = (values: readonly string[]): PropertyDecorator =>
  IsIn(values, { message: `$property must be one of ${values.map((value) => JSON.stringify(value)).join(', ')}.` });

const IsTimeZone = (): PropertyDecorator =>
  ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: isTimeZone,
      defaultMessage: () => '$property must be the name of a time zone, such as Europe/Berlin.',
    },
  });

@ApiSchema({ name: 'ImportCreate', description: 'What a file is, and what is done with its rows.' })
export class CreateImport {
  static readonly example = { format: 'csv', mapping: { 'Deal name': 'title' }, timezone: 'Europe/Berlin' };

  @OneOf(FORMATS)
  @ApiProperty({ type: String, enum: FORMATS, description: 'What the file is.', example: 'csv' })
  format: ImportFormat;

  @IfGiven()
  @OneOf(MODES)
  @ApiPropertyOptional({
    type: String,
    enum: MODES,
    default: 'upsert',
    description: '`upsert` creates or updates the deal of a row, `create` only creates, `update` only updates.',
  })
  mode?: (typeof MODES)[number];

  @IfGiven()
  @OneOf(MATCHES)
  @ApiPropertyOptional({
    type: String,
    enum: MATCHES,
    default: 'external_id',
    description: 'The attribute by which a row finds its deal.',
  })
  match_by?: (typeof MATCHES)[number];

  @IfGiven()
  @OneOf(ON_ERROR)
  @ApiPropertyOptional({
    type: String,
    enum: ON_ERROR,
    default: 'skip',
    description: '`skip` leaves failing rows out. `stop` ends before the first of them.',
  })
  on_error?: (typeof ON_ERROR)[number];

  @IfGiven()
  @OneOf(CHILDREN_RULES)
  @ApiPropertyOptional({
    type: String,
    enum: CHILDREN_RULES,
    default: 'keep',
    description: '`replace` deletes line items and lost reasons that the row does not have; `keep` keeps them.',
  })
  children?: (typeof CHILDREN_RULES)[number];

  @IfGiven()
  @IsObject({ message: '$property must be an object.' })
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', nullable: true },
    default: {},
    description: 'Attribute of a header, such as `{"Deal name": "title"}`; null ignores the column. Only for CSV.',
  })
  mapping?: Record<string, string | null>;

  @IfGiven()
  @IsObject({ message: '$property must be an object.' })
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    default: {},
    description: 'Attributes of deals that are created by rows without them, as in a POST.',
  })
  defaults?: Record<string, unknown>;

  @IsOptional()
  @OneOf(DELIMITERS)
  @ApiPropertyOptional({
    type: String,
    enum: DELIMITERS,
    nullable: true,
    default: null,
    description: 'What separates the cells; null recognises it. Only for CSV.',
  })
  delimiter?: Delimiter | null;

  @IsOptional()
  @OneOf(DECIMAL_MARKS)
  @ApiPropertyOptional({
    type: String,
    enum: DECIMAL_MARKS,
    nullable: true,
    default: null,
    description: 'The decimal mark. With it, the other mark may group digits. Null means `1234.5`. Only for CSV.',
  })
  decimal?: DecimalMark | null;

  @IsOptional()
  @OneOf(DATE_FORMATS)
  @ApiPropertyOptional({
    type: String,
    enum: DATE_FORMATS,
    nullable: true,
    default: null,
    description: 'The form of dates; null recognises it for each column. Only for CSV.',
  })
  date_format?: DateFormat | null;

  @IfGiven()
  @IsTimeZone()
  @ApiPropertyOptional({
    type: String,
    default: 'UTC',
    description: 'IANA name of the time zone of times without an offset.',
  })
  timezone?: string;
}

@ApiSchema({ name: 'ImportFile', description: 'The file of an import.' })
export class ImportFile {
  @ApiProperty({ type: 'integer', format: 'int64', description: 'Size in bytes, unpacked.', example: 48_211 })
  bytes: number;

  @ApiProperty({
    type: String,
    description: 'SHA-256 of the file, unpacked, in hexadecimal.',
    example: '0a'.repeat(32),
  })
  sha256: string;

  @ApiProperty({
    type: String,
    enum: DELIMITERS,
    nullable: true,
    description: 'What separates the cells; null for JSON, and until it is known.',
    example: ';',
  })
  delimiter: Delimiter | null;
}

@ApiSchema({ name: 'ImportColumn', description: 'How a column of the file is understood.' })
export class ImportColumnView implements ColumnView {
  @ApiProperty({ type: String, description: 'The header.', example: 'Deal name' })
  header: string;

  @ApiProperty({ type: String, nullable: true, description: 'Its attribute; null if it is ignored.', example: 'title' })
  attribute: string | null;

  @ApiProperty({ type: 'integer', format: 'int32', description: 'How many cells have a value.', example: 118 })
  filled: number;

  @ApiProperty({ type: String, isArray: true, description: 'The first three values.', example: ['Chairs', 'Desks'] })
  samples: string[];
}

const WARNING_CODES = ['column_ignored', 'column_missing', 'value_differs'] as const;

@ApiSchema({ name: 'ImportWarning', description: 'Something worth a look, which stops nothing.' })
export class ImportWarningView implements Warning {
  @ApiProperty({ type: 'integer', format: 'int32', description: 'The line of the file.', example: 1 })
  line: number;

  @ApiProperty({ type: String, description: 'The header, key or attribute.', example: 'Colour' })
  param: string;

  @ApiProperty({
    type: String,
    enum: WARNING_CODES,
    description:
      '`column_ignored`: nothing is taken from the column. `column_missing`: `mapping` names a column that the file does not have. `value_differs`: the service computes another amount.',
    example: 'column_ignored',
  })
  code: (typeof WARNING_CODES)[number];

  @ApiProperty({ type: String, description: 'The warning in words.', example: "The column 'Colour' is ignored." })
  message: string;
}

@ApiSchema({ name: 'ImportRowError', description: 'What is wrong with a row.' })
export class ImportRowErrorView implements ShownError {
  @ApiProperty({ type: 'integer', format: 'int32', description: 'The line of the file.', example: 7 })
  line: number;

  @ApiProperty({
    type: String,
    description: 'The attribute, as in the answer to a POST; empty if it is the row as a whole.',
    example: 'probability',
  })
  param: string;

  @ApiProperty({
    type: String,
    enum: Object.keys(ERROR_CODES),
    description: 'As in the answer to a POST.',
    example: 'parameter_invalid',
  })
  code: ShownError['code'];

  @ApiProperty({
    type: String,
    description: 'The problem in words.',
    example: 'probability must not be greater than 100.',
  })
  message: string;

  @ApiProperty({ type: String, nullable: true, description: '`external_id` of the row.', example: 'A-7' })
  external_id: string | null;
}

@ApiSchema({ name: 'ImportFailure', description: 'Why an import failed.' })
export class ImportFailure implements ImportError {
  @ApiProperty({ type: String, description: 'A code of the documented errors.', example: 'date_ambiguous' })
  code: string;

  @ApiProperty({ type: String, description: 'The problem in words.', example: 'The file has no line.' })
  message: string;

  @ApiProperty({ type: 'integer', format: 'int32', nullable: true, description: 'The line of the file.', example: 1 })
  line: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'The header or attribute.', example: 'Closing' })
  param: string | null;
}

@ApiSchema({ name: 'ImportRevert', description: 'What a revert has done.' })
export class ImportRevert {
  @ApiProperty({ type: 'integer', format: 'int32', description: 'Deals that were deleted.', example: 3 })
  deleted: number;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    description: 'Deals that stay because they have changed since.',
    example: 1,
  })
  kept: number;
}

const COUNT = { type: 'integer', format: 'int32', minimum: 0 } as const;
const WHEN = { type: String, format: 'date-time', nullable: true } as const;

@ApiSchema({ name: 'Import', description: 'A file of deals, and how far its import has come.' })
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

  @ApiProperty({ type: String, enum: FORMATS, description: 'What the file is.', example: 'csv' })
  format: ImportFormat;

  @ApiProperty({ type: String, enum: MODES, description: 'What rows may do.', example: 'upsert' })
  mode: (typeof MODES)[number];

  @ApiProperty({ type: String, enum: MATCHES, description: 'How a row finds its deal.', example: 'external_id' })
  match_by: (typeof MATCHES)[number];

  @ApiProperty({ type: String, enum: ON_ERROR, description: 'What a failing row does.', example: 'skip' })
  on_error: (typeof ON_ERROR)[number];

  @ApiProperty({
    type: String,
    enum: CHILDREN_RULES,
    description: 'What happens to children that a row does not have.',
    example: 'keep',
  })
  children: (typeof CHILDREN_RULES)[number];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', nullable: true },
    description: 'Attributes of headers.',
    example: { 'Deal name': 'title' },
  })
  mapping: Record<string, string | null>;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Attributes of deals that are created by rows without them.',
    example: {},
  })
  defaults: Record<string, unknown>;

  @ApiProperty({ type: String, enum: DELIMITERS, nullable: true, description: 'What was asked for.', example: null })
  delimiter: Delimiter | null;

  @ApiProperty({ type: String, enum: DECIMAL_MARKS, nullable: true, description: 'The decimal mark.', example: null })
  decimal: DecimalMark | null;

  @ApiProperty({ type: String, enum: DATE_FORMATS, nullable: true, description: 'The form of dates.', example: null })
  date_format: DateFormat | null;

  @ApiProperty({ type: String, description: 'The zone of times without an offset.', example: 'Europe/Berlin' })
  timezone: string;

  @ApiProperty({
    type: ImportFile,
    nullable: true,
    description: 'The file; null before the upload.',
    example: null,
  })
  file: ImportFile | null;

  @ApiProperty({ ...COUNT, description: 'Rows of the file that are known: one is one deal.', example: 0 })
  rows: number;

  @ApiProperty({
    ...COUNT,
    description: 'Deals created; after the check, those that the run would create.',
    example: 0,
  })
  created: number;

  @ApiProperty({ ...COUNT, description: 'Deals updated.', example: 0 })
  updated: number;

  @ApiProperty({ ...COUNT, description: 'Rows that change nothing.', example: 0 })
  unchanged: number;

  @ApiProperty({ ...COUNT, description: 'Rows that fail.', example: 0 })
  failed: number;

  @ApiProperty({ ...COUNT, description: 'Rows that nothing was done with.', example: 0 })
  unprocessed: number;

  @ApiProperty({
    type: Number,
    minimum: 0,
    maximum: 1,
    nullable: true,
    description: 'How much of the check, and then of the run, is done; null before the upload.',
    example: null,
  })
  progress: number | null;

  @ApiProperty({
    type: [ImportColumnView],
    description: 'The columns of a CSV file, once they are known.',
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

  @ApiProperty({ type: ImportFailure, nullable: true, description: 'Why the import failed.', example: null })
  error: ImportFailure | null;

  @ApiProperty({ type: ImportRevert, nullable: true, description: 'What a revert has done.', example: null })
  revert: ImportRevert | null;

  @ApiProperty({ type: String, format: 'date-time', description: 'When the import was made.' })
  created_at: string;

  @ApiProperty({ ...WHEN, description: 'When the check ended.' })
  checked_at: string | null;

  @ApiProperty({ ...WHEN, description: 'When the run was asked for.' })
  started_at: string | null;

  @ApiProperty({ ...WHEN, description: 'When the import ended.' })
  finished_at: string | null;

  @ApiProperty({ ...WHEN, description: 'When the file and the rows are deleted.' })
  expires_at: string | null;
}

export class ImportList extends PageOf(ImportView) {}

/** Which imports are wanted. */
export class ImportQuery extends PartQuery({ fallback: 20 }) {
  @IsOptional()
  @IsIn(STATUSES, { message: `$property must be one of ${STATUSES.join(', ')}.` })
  @ApiPropertyOptional({ type: String, enum: STATUSES, description: 'Only imports with this status.' })
  status?: ImportStatus;
}

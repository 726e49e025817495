import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ERROR_CODES } from '../common/errors/error-codes.js';
import type { ImportError, ShownError } from './import.entity.js';
import { DELIMITERS, type Delimiter } from './readers/csv-records.js';
import type { Warning } from './readers/header.js';
import type { ColumnView } from './readers/scan.js';

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
    enum: Object.keys(DELIMITERS),
    nullable: true,
    description: 'Separator of the cells. Null for JSON, and until it is known.',
    example: ';',
  })
  delimiter: Delimiter | null;
}

@ApiSchema({ name: 'ImportColumn', description: 'A column of the file, and its attribute.' })
export class ImportColumnView implements ColumnView {
  @ApiProperty({ type: String, description: 'The header.', example: 'Deal name' })
  header: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Its attribute. Null if the column is ignored.',
    example: 'title',
  })
  attribute: string | null;

  @ApiProperty({ type: 'integer', format: 'int32', description: 'Number of cells with a value.', example: 118 })
  filled: number;

  @ApiProperty({ type: String, isArray: true, description: 'The first three values.', example: ['Chairs', 'Desks'] })
  samples: string[];
}

const WARNING_CODES = ['column_ignored', 'column_missing', 'value_differs'] as const;

@ApiSchema({ name: 'ImportWarning', description: 'A hint about the file. It does not stop the import.' })
export class ImportWarningView implements Warning {
  @ApiProperty({ type: 'integer', format: 'int32', description: 'The line of the file.', example: 1 })
  line: number;

  @ApiProperty({ type: String, description: 'The header, key or attribute.', example: 'Colour' })
  param: string;

  @ApiProperty({
    type: String,
    enum: WARNING_CODES,
    description:
      '`column_ignored`: the import does not use the column. `column_missing`: `mapping` names a column that the file does not have. `value_differs`: the service computes another amount.',
    example: 'column_ignored',
  })
  code: (typeof WARNING_CODES)[number];

  @ApiProperty({ type: String, description: 'The warning in words.', example: "The column 'Colour' is ignored." })
  message: string;
}

@ApiSchema({ name: 'ImportRowError', description: 'A problem of a row.' })
export class ImportRowErrorView implements ShownError {
  @ApiProperty({ type: 'integer', format: 'int32', description: 'The line of the file.', example: 7 })
  line: number;

  @ApiProperty({
    type: String,
    description: 'The attribute, as in the response to a POST. Empty if the problem is the whole row.',
    example: 'probability',
  })
  param: string;

  @ApiProperty({
    type: String,
    enum: Object.keys(ERROR_CODES),
    description: 'As in the response to a POST.',
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

@ApiSchema({ name: 'ImportFailure', description: 'The reason why an import failed.' })
export class ImportFailure implements ImportError {
  @ApiProperty({ type: String, description: 'A code of the documented errors.', example: 'date_ambiguous' })
  code: string;

  @ApiProperty({ type: String, description: 'The problem in words.', example: 'The file is empty.' })
  message: string;

  @ApiProperty({ type: 'integer', format: 'int32', nullable: true, description: 'The line of the file.', example: 1 })
  line: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'The header or attribute.', example: 'Closing' })
  param: string | null;
}

@ApiSchema({ name: 'ImportRevert', description: 'The outcome of a revert.' })
export class ImportRevert {
  @ApiProperty({ type: 'integer', format: 'int32', description: 'Deals that were deleted.', example: 3 })
  deleted: number;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    description: 'Deals that were kept because they have changed since the import.',
    example: 1,
  })
  kept: number;
}

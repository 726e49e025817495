import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsObject, IsOptional, ValidateBy } from 'class-validator';
import { IfGiven, PartQuery } from '../common/index.js';
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
import { DELIMITERS, type Delimiter } from './readers/csv-records.js';
import { DATE_FORMATS, DECIMAL_MARKS, isTimeZone, type DateFormat, type DecimalMark } from './readers/values.js';

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

@ApiSchema({ name: 'ImportCreate', description: 'Describes a file, and how its rows are imported.' })
export class CreateImport {
  static readonly example = { format: 'csv', mapping: { 'Deal name': 'title' }, timezone: 'Europe/Berlin' };

  @OneOf(FORMATS)
  @ApiProperty({ type: String, enum: FORMATS, description: 'Format of the file.', example: 'csv' })
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
    description: '`skip` leaves failing rows out. `stop` ends the import before the first failing row.',
  })
  on_error?: (typeof ON_ERROR)[number];

  @IfGiven()
  @OneOf(CHILDREN_RULES)
  @ApiPropertyOptional({
    type: String,
    enum: CHILDREN_RULES,
    default: 'keep',
    description: '`replace` deletes line items and lost reasons that the row does not have. `keep` keeps them.',
  })
  children?: (typeof CHILDREN_RULES)[number];

  @IfGiven()
  @IsObject({ message: '$property must be an object.' })
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', nullable: true },
    default: {},
    description: 'Attributes by header, such as `{"Deal name": "title"}`. Null ignores the column. Only for CSV.',
  })
  mapping?: Record<string, string | null>;

  @IfGiven()
  @IsObject({ message: '$property must be an object.' })
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    default: {},
    description: 'Attributes of new deals, as in a POST. They apply to rows that do not have the attribute.',
  })
  defaults?: Record<string, unknown>;

  @IsOptional()
  @OneOf(Object.keys(DELIMITERS))
  @ApiPropertyOptional({
    type: String,
    enum: Object.keys(DELIMITERS),
    nullable: true,
    default: null,
    description: 'Separator of the cells. With null, the service recognises it. Only for CSV.',
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
    description: 'Format of dates. With null, the service recognises it for each column. Only for CSV.',
  })
  date_format?: DateFormat | null;

  @IfGiven()
  @IsTimeZone()
  @ApiPropertyOptional({
    type: String,
    default: 'UTC',
    description: 'Time zone of times without an offset, by its IANA name.',
  })
  timezone?: string;
}

/** Which imports are wanted. */
export class ImportQuery extends PartQuery({ fallback: 20 }) {
  @IsOptional()
  @IsIn(STATUSES, { message: `$property must be one of ${STATUSES.join(', ')}.` })
  @ApiPropertyOptional({ type: String, enum: STATUSES, description: 'Only imports with this status.' })
  status?: ImportStatus;
}

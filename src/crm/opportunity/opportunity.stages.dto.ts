import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { exampleId, type Decimal } from '../../common/index.js';

const PIPELINE = {
  type: String,
  nullable: true,
  description: 'The pipeline; null in a workspace without pipelines.',
  example: exampleId('pipeline'),
} as const;

const STAGE = {
  type: String,
  nullable: true,
  description: 'The stage; null for a text that names none.',
  example: exampleId('pipeline-stage'),
} as const;

const TEXT = { type: String, description: '`sales_stage` of that time.', example: 'Demo' } as const;

@ApiSchema({ name: 'StagePeriod', description: 'A time for which a deal was open in one stage.' })
export class StagePeriod {
  @ApiProperty(PIPELINE)
  pipeline_id: string | null;

  @ApiProperty(STAGE)
  stage_id: string | null;

  @ApiProperty(TEXT)
  sales_stage: string;

  @ApiProperty({ type: String, format: 'date-time', description: 'When the deal entered the stage.' })
  entered_at: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the deal left the stage or ended; null while it is there.',
  })
  left_at: string | null;

  @ApiProperty({
    type: Number,
    minimum: 0,
    description: 'Length of the period, until now while it runs.',
    example: 12.345,
  })
  seconds: Decimal;

  @ApiProperty({ type: Number, description: '`opportunity_amount` on entry.', example: 900 })
  opportunity_amount: Decimal;

  @ApiProperty({ type: Number, description: '`base_opportunity_amount` on entry.', example: 828 })
  base_opportunity_amount: Decimal;

  @ApiProperty({ type: Number, minimum: 0, maximum: 100, description: '`probability` on entry.', example: 40 })
  probability: Decimal;

  @ApiProperty({
    type: String,
    format: 'date',
    nullable: true,
    description: '`expected_closing` on entry.',
    example: '2027-01-31',
  })
  expected_closing: string | null;
}

@ApiSchema({ name: 'StageTotal', description: 'All times that a deal was open in one stage.' })
export class StageTotal {
  @ApiProperty(PIPELINE)
  pipeline_id: string | null;

  @ApiProperty(STAGE)
  stage_id: string | null;

  @ApiProperty(TEXT)
  sales_stage: string;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'Number of periods.', example: 1 })
  visits: number;

  @ApiProperty({ type: Number, minimum: 0, description: 'Sum of their lengths.', example: 12.345 })
  seconds: number;
}

@ApiSchema({ name: 'StageHistory', description: 'The periods of a deal in its stages, oldest first.' })
export class StageHistory {
  @ApiProperty({ type: [StagePeriod], description: 'The periods, oldest first.' })
  data: StagePeriod[];

  @ApiProperty({ type: Boolean, description: 'Always false: the response has all periods.', example: false })
  has_more: boolean;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Number of periods.', example: 1 })
  total: number;

  @ApiProperty({ type: [StageTotal], description: 'A row for each stage, in the order of first entry.' })
  totals: StageTotal[];
}

import { ApiSchema } from '@nestjs/swagger';
import { Entity, JoinColumn, ManyToOne, Unique, type Relation } from 'typeorm';
import {
  ChildResource,
  type Decimal,
  EnumField,
  FlagField,
  IntField,
  ParentIdField,
  PercentField,
  TextField,
} from '../../common/index.js';
import { Pipeline } from '../pipeline/pipeline.entity.js';

/** What it means for a deal to be in a stage. */
export const STAGE_TYPES = ['open', 'won', 'lost'] as const;

export type StageType = (typeof STAGE_TYPES)[number];

/** How a forecast counts a deal. */
export const FORECAST_CATEGORIES = ['pipeline', 'best_case', 'commit', 'closed', 'omitted'] as const;

export type ForecastCategory = (typeof FORECAST_CATEGORIES)[number];

const MOST_ROTTING_DAYS = 3650;

/** A step of a pipeline. Attributes stand in the order in which the API shows them. */
@Entity('pipeline_stage')
@Unique('pipeline_stage_order', ['workspace_id', 'pipeline_id', 'idx'], { deferrable: 'INITIALLY DEFERRED' })
@Unique('pipeline_stage_key', ['workspace_id', 'pipeline_id', 'key'])
@ApiSchema({ name: 'PipelineStage', description: 'A step of a pipeline.' })
export class PipelineStage extends ChildResource('pipeline-stage') {
  @ParentIdField('pipeline')
  pipeline_id: string;

  @TextField({
    required: true,
    description: 'Text that deals in this stage have as `sales_stage`; unique in the pipeline. It never changes.',
    example: 'Demo',
  })
  key: string;

  @TextField({ required: true, description: 'Name to show; by default the key.', example: 'Demo held' })
  label: string;

  @EnumField({
    values: STAGE_TYPES,
    default: 'open',
    description: 'Whether deals in the stage are open, won or lost. It never changes.',
    example: 'open',
  })
  type: StageType;

  @PercentField({
    required: true,
    description: 'Probability of winning a deal in this stage, in percent; 100 for type `won`, 0 for `lost`.',
    example: 40,
  })
  probability: Decimal;

  @EnumField({
    values: FORECAST_CATEGORIES,
    required: true,
    description:
      'How a forecast counts deals in this stage. Default by type: `pipeline` for `open`, `closed` for `won`, `omitted` for `lost`.',
    example: 'pipeline',
  })
  forecast_category: ForecastCategory;

  @IntField({
    min: 0,
    max: MOST_ROTTING_DAYS,
    description: 'Days after which a deal in this stage is rotten; null for never.',
    example: 14,
  })
  rotting_days: number | null;

  @FlagField({ default: false, description: 'No deal can enter an archived stage.', example: false })
  archived: boolean;

  @ManyToOne(() => Pipeline, (pipeline) => pipeline.stages, { onDelete: 'CASCADE', orphanedRowAction: 'disable' })
  @JoinColumn([
    { name: 'workspace_id', referencedColumnName: 'workspace_id' },
    { name: 'pipeline_id', referencedColumnName: 'id' },
  ])
  pipeline?: Relation<Pipeline>;
}

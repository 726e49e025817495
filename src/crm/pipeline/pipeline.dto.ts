import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, ValidateBy, ValidateNested } from 'class-validator';
import type { Type } from '@nestjs/common';
import type { Relation } from 'typeorm';
import {
  CreateBody,
  IfGiven,
  IsList,
  ListQuery,
  ObjectQuery,
  PageOf,
  TEXT_LENGTH,
  UpdateBody,
  exampleId,
  FurtherChecks,
} from '../../common/index.js';
import { PipelineStageEntry } from '../pipeline-stage/pipeline-stage.dto.js';
import { PipelineStage } from '../pipeline-stage/pipeline-stage.entity.js';
import { Pipeline } from './pipeline.entity.js';
import { TEMPLATES, type Template } from './pipeline.template.js';

export const EXPANDABLE = ['stages'] as const;

/** The pipeline without its relations. */
const Attributes = Pipeline as Type<Omit<Pipeline, 'stages'>>;

@ApiSchema({ name: 'Pipeline', description: 'The stages that deals go through, in order.' })
export class PipelineView extends Pipeline {
  @ApiPropertyOptional({ type: [PipelineStage], description: 'Its stages, with `expand=stages`.' })
  override stages?: Relation<PipelineStage[]>;
}

@FurtherChecks()
@ApiSchema({ name: 'PipelineCreate', description: 'Attributes of a new pipeline, and its stages.' })
export class CreatePipeline extends CreateBody(Attributes) {
  static override readonly example: object = {
    name: 'New business',
    stages: [
      { key: 'Qualification', probability: 20 },
      { key: 'Proposal', label: 'Proposal sent', probability: 60, rotting_days: 30 },
      { key: 'Won', type: 'won' },
      { key: 'Lost', type: 'lost' },
    ],
  };

  @IfGiven()
  @ApiPropertyOptional({
    type: String,
    maxLength: TEXT_LENGTH,
    minLength: 1,
    description: 'Required without `template`; with `template`, the default is `Sales`.',
    example: 'New business',
  })
  override name?: string;

  @IfGiven()
  @IsIn(TEMPLATES, { message: `$property must be one of ${TEMPLATES.join(', ')}.` })
  @ApiPropertyOptional({
    type: String,
    enum: TEMPLATES,
    description: 'Makes the stages of ERPNext, then Won and Lost; not together with `stages`.',
  })
  template?: Template;

  @IfGiven()
  @IsList()
  @ValidateNested()
  @ApiPropertyOptional({ type: [PipelineStageEntry], description: 'Stages, in order.' })
  stages?: PipelineStageEntry[];
}

export class UpdatePipeline extends UpdateBody(Attributes) {
  static override readonly example: object = { name: 'Renewals' };

  @IfGiven()
  @ValidateBy({
    name: 'changedElsewhere',
    validator: {
      validate: () => false,
      defaultMessage: () => '$property cannot be changed here; use /api/crm/pipeline-stage.',
    },
  })
  stages?: never;
}

export class PipelineList extends PageOf(PipelineView) {}

export class PipelineListQuery extends ListQuery(Pipeline, { expandable: EXPANDABLE }) {}

export class PipelineQuery extends ObjectQuery(Pipeline, EXPANDABLE) {}

@ApiSchema({ name: 'AppliedProbabilities', description: 'Number of deals that got the probability of their stage.' })
export class AppliedProbabilities {
  @ApiProperty({ type: String, description: 'Id of the pipeline.', example: exampleId('pipeline') })
  pipeline_id: string;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Number of deals that changed.', example: 12 })
  changed: number;
}

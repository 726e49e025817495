import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import {
  CreateBody,
  type Decimal,
  EntryBody,
  ID_LENGTH,
  IfGiven,
  IsText,
  exampleId,
  PageOf,
  TEXT_LENGTH,
  UpdateBody,
  FurtherChecks,
  ChildrenFieldsQuery,
  FieldsQuery,
  ObjectQuery,
} from '../../common/index.js';
import { PipelineStage } from './pipeline-stage.entity.js';
import { FORECAST_CATEGORIES, type ForecastCategory } from './pipeline-stage.entity.js';

@FurtherChecks()
@ApiSchema({ name: 'PipelineStageCreate', description: 'Attributes of a new stage.' })
export class CreatePipelineStage extends CreateBody(PipelineStage) {
  static override readonly example = {
    pipeline_id: exampleId('pipeline'),
    key: 'Demo',
    label: 'Demo held',
    probability: 40,
    rotting_days: 14,
  };

  @IfGiven()
  @ApiPropertyOptional({
    type: String,
    maxLength: TEXT_LENGTH,
    description: 'Name to show; by default the key.',
  })
  override label?: string;

  @IfGiven()
  @ApiPropertyOptional({
    type: Number,
    minimum: 0,
    maximum: 100,
    description: 'Required for type `open`; optional for `won`, which has 100, and for `lost`, which has 0.',
  })
  override probability?: Decimal;

  @IfGiven()
  @ApiPropertyOptional({
    type: String,
    enum: FORECAST_CATEGORIES,
    description:
      'How a forecast counts deals in this stage. Default by type: `pipeline` for `open`, `closed` for `won`, `omitted` for `lost`.',
  })
  override forecast_category?: ForecastCategory;
}

export class UpdatePipelineStage extends UpdateBody(PipelineStage) {
  static override readonly example = { label: 'Demo held', probability: 45, rotting_days: 21 };
}

@ApiSchema({ name: 'PipelineStageEntry', description: 'A stage of a new pipeline.' })
export class PipelineStageEntry extends EntryBody(CreatePipelineStage, 'pipeline_id') {}

export class PipelineStageList extends PageOf(PipelineStage) {}

/** Which stages are wanted, and what of them. */
export class PipelineStageListQuery extends ChildrenFieldsQuery('pipeline', PipelineStage) {}

/** What is wanted of stages in their new order. */
export class PipelineStagesQuery extends FieldsQuery(PipelineStage) {}

/** What of one stage is wanted. */
export class PipelineStageQuery extends ObjectQuery(PipelineStage) {}

/** Where the deals of what is deleted go. */
export class MoveToQuery {
  @IfGiven()
  @IsText(ID_LENGTH)
  @ApiPropertyOptional({
    type: String,
    description: 'Id of the stage to which the service first moves all deals; it must not be archived.',
  })
  move_to?: string;
}

import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiChildList,
  ApiCreate,
  ApiDelete,
  ApiReorder,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
  CurrentCall,
  Idempotent,
  IfMatch,
  ReorderBody,
  type Call,
  type ExpectedVersions,
  type IdempotentRun,
} from '../../common/index.js';
import {
  CreatePipelineStage,
  MoveToQuery,
  PipelineStageList,
  PipelineStageListQuery,
  PipelineStageQuery,
  PipelineStagesQuery,
  UpdatePipelineStage,
} from './pipeline-stage.dto.js';
import { ChangesDeals } from '../pipeline/pipeline.aggregate.js';
import { PipelineStage } from './pipeline-stage.entity.js';
import { PipelineStageService } from './pipeline-stage.service.js';

const DELETED =
  'If the stage has deals, `move_to` is required, and the service moves the deals first. The stages after it move up by one.';

@Controller('api/crm/pipeline-stage')
@ApiResource('Pipeline Stage')
export class PipelineStageController {
  constructor(private readonly stages: PipelineStageService) {}

  @Get()
  @ApiChildList('listPipelineStages', 'List the stages of a pipeline', PipelineStageList)
  list(@CurrentCall() call: Call, @Query() query: PipelineStageListQuery) {
    return this.stages.list(call, query);
  }

  @Post()
  @ChangesDeals()
  @ApiCreate('createPipelineStage', 'Add a stage to a pipeline', PipelineStage)
  create(
    @Body() body: CreatePipelineStage,
    @Query() query: PipelineStageQuery,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    const { pipeline_id: parentId } = body;
    const create = (call: Call) => this.stages.create(call, body, expected);
    return run((call) => this.stages.written(call, query, create, parentId), parentId);
  }

  @Post('reorder')
  @ApiReorder('reorderPipelineStages', 'Reorder the stages of a pipeline', PipelineStageList)
  reorder(
    @Body() body: ReorderBody,
    @Query() query: PipelineStagesQuery,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    return run((call) => this.stages.reorder(call, body, query, expected), body.parent_id);
  }

  @Get(':id')
  @ApiRetrieve('retrievePipelineStage', 'Retrieve a stage', PipelineStage)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: PipelineStageQuery) {
    return this.stages.retrieve(call, id, query);
  }

  @Patch(':id')
  @ApiUpdate('updatePipelineStage', 'Update a stage', PipelineStage)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdatePipelineStage,
    @Query() query: PipelineStageQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.stages.written(call, query, (call) => this.stages.update(call, id, body, expected));
  }

  @Delete(':id')
  @ChangesDeals()
  @ApiDelete('deletePipelineStage', 'Delete a stage', DELETED)
  remove(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Query() { move_to }: MoveToQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.stages.remove(call, id, move_to, expected);
  }
}

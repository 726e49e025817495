import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCommand,
  ApiCreate,
  ApiDelete,
  ApiList,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
  CurrentCall,
  Idempotent,
  IfMatch,
  type Call,
  type ExpectedVersions,
  type IdempotentRun,
} from '../../common/index.js';
import { ChangesDeals } from './pipeline.aggregate.js';
import { MoveToQuery } from '../pipeline-stage/pipeline-stage.dto.js';
import {
  AppliedProbabilities,
  CreatePipeline,
  PipelineList,
  PipelineListQuery,
  PipelineQuery,
  PipelineView,
  UpdatePipeline,
} from './pipeline.dto.js';
import { PipelineService } from './pipeline.service.js';

const CREATED = 'The first pipeline of a workspace is its default, and takes in all of its deals.';

const DELETED = `Deletes its stages, too. If the pipeline has deals, \`move_to\` is required, and the service moves the deals first. You can delete the
default pipeline only as the last one.`;

const APPLIED = `Gives every open deal whose \`probability_source\` is \`stage\` the present probability of its stage. A change of a stage alone changes
no deal.`;

@Controller('api/crm/pipeline')
@ApiResource('Pipeline')
export class PipelineController {
  constructor(private readonly pipelines: PipelineService) {}

  @Get()
  @ApiList('listPipelines', 'List all pipelines', PipelineList, 'Newest first, unless `sort` says otherwise.')
  list(@CurrentCall() call: Call, @Query() query: PipelineListQuery) {
    return this.pipelines.list(call, query);
  }

  @Post()
  @ChangesDeals()
  @ApiCreate('createPipeline', 'Create a pipeline', PipelineView, CREATED)
  create(@Body() body: CreatePipeline, @Query() query: PipelineQuery, @Idempotent() run: IdempotentRun) {
    return run((call) => this.pipelines.create(call, body, query));
  }

  @Get(':id')
  @ApiRetrieve('retrievePipeline', 'Retrieve a pipeline', PipelineView)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: PipelineQuery) {
    return this.pipelines.retrieve(call, id, query);
  }

  @Patch(':id')
  @ApiUpdate('updatePipeline', 'Update a pipeline', PipelineView)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdatePipeline,
    @Query() query: PipelineQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.pipelines.update(call, id, body, query, expected);
  }

  @Delete(':id')
  @ChangesDeals()
  @ApiDelete('deletePipeline', 'Delete a pipeline', DELETED)
  remove(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Query() { move_to }: MoveToQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.pipelines.remove(call, id, move_to, expected);
  }

  @Post(':id/apply-probabilities')
  @ChangesDeals()
  @ApiCommand('applyPipelineProbabilities', 'Apply the probabilities of the stages', AppliedProbabilities, APPLIED)
  applyProbabilities(@Param('id') id: string, @Idempotent() run: IdempotentRun) {
    return run((call) => this.pipelines.applyProbabilities(call, id));
  }
}

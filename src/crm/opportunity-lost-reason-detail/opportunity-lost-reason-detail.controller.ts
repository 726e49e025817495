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
  CreateOpportunityLostReasonDetail,
  OpportunityLostReasonDetailList,
  OpportunityLostReasonDetailListQuery,
  OpportunityLostReasonDetailQuery,
  OpportunityLostReasonDetailsQuery,
  UpdateOpportunityLostReasonDetail,
} from './opportunity-lost-reason-detail.dto.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';
import { OpportunityLostReasonDetailService } from './opportunity-lost-reason-detail.service.js';

@Controller('api/crm/opportunity-lost-reason-detail')
@ApiResource('Opportunity Lost Reason Detail')
export class OpportunityLostReasonDetailController {
  constructor(private readonly reasons: OpportunityLostReasonDetailService) {}

  @Get()
  @ApiChildList(
    'listOpportunityLostReasonDetails',
    'List the lost reasons of an opportunity',
    OpportunityLostReasonDetailList,
  )
  list(@CurrentCall() call: Call, @Query() query: OpportunityLostReasonDetailListQuery) {
    return this.reasons.list(call, query);
  }

  @Post()
  @ApiCreate('createOpportunityLostReasonDetail', 'Add a lost reason to an opportunity', OpportunityLostReasonDetail)
  create(
    @Body() body: CreateOpportunityLostReasonDetail,
    @Query() query: OpportunityLostReasonDetailQuery,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    const { opportunity_id: parentId } = body;
    const create = (call: Call) => this.reasons.create(call, body, expected);
    return run((call) => this.reasons.written(call, query, create, parentId), parentId);
  }

  @Post('reorder')
  @ApiReorder(
    'reorderOpportunityLostReasonDetails',
    'Reorder the lost reasons of an opportunity',
    OpportunityLostReasonDetailList,
  )
  reorder(
    @Body() body: ReorderBody,
    @Query() query: OpportunityLostReasonDetailsQuery,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    return run((call) => this.reasons.reorder(call, body, query, expected), body.parent_id);
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunityLostReasonDetail', 'Retrieve a lost reason', OpportunityLostReasonDetail)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: OpportunityLostReasonDetailQuery) {
    return this.reasons.retrieve(call, id, query);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunityLostReasonDetail', 'Update a lost reason', OpportunityLostReasonDetail)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateOpportunityLostReasonDetail,
    @Query() query: OpportunityLostReasonDetailQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.reasons.written(call, query, (call) => this.reasons.update(call, id, body, expected));
  }

  @Delete(':id')
  @ApiDelete('deleteOpportunityLostReasonDetail', 'Delete a lost reason', 'The lost reasons after it move up by one.')
  remove(@CurrentCall() call: Call, @Param('id') id: string, @IfMatch() expected: ExpectedVersions) {
    return this.reasons.remove(call, id, expected);
  }
}
